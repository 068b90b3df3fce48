import { act } from '@testing-library/react';
import { expect, it } from 'vitest';
import { GOOD_WORDS, OTHER_WORDS } from '../../test/fixtureRecovery';
import { barriers, screen, show, within } from '../../test/show';

async function toTheWayBack() {
  const shown = show('empty');
  await shown.user.click(await screen.findByRole('button', { name: 'Ik heb al een dossier' }));
  expect((await screen.findByRole('heading', { level: 1, name: 'Terug naar uw dossier' })).ownerDocument.activeElement?.textContent).toBe('Terug naar uw dossier');
  return shown;
}

it('brings a person back from a backup and offers to shut out the old device', async () => {
  const { program, user } = await toTheWayBack();
  const choose = screen.getByRole('button', { name: 'Kies mijn backup en zet alles terug' });
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), 'niet de goede');
  await user.click(choose);
  // Nobody looks for a file before the words can be right.
  expect(screen.getByText('U typte 3 woorden. Het zijn er 24.')).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'restore')).toBe(false);
  expect(document.activeElement).toBe(screen.getByLabelText('Uw 24 herstelwoorden'));
  const words = GOOD_WORDS.split(' ');
  await user.clear(screen.getByLabelText('Uw 24 herstelwoorden'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), words.with(2, 'abandoon').join(' '));
  await user.click(choose);
  expect(screen.getByText('Woord 3 is geen herstelwoord. Kijk op uw papier hoe het daar staat.')).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'restore')).toBe(false);
  await user.clear(screen.getByLabelText('Uw 24 herstelwoorden'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), words.with(0, 'art').join(' '));
  await user.click(choose);
  expect((await screen.findByRole('alert')).textContent).toContain('Dit zijn niet uw woorden op volgorde.');
  expect(await barriers()).toEqual([]);
  await user.clear(screen.getByLabelText('Uw 24 herstelwoorden'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), GOOD_WORDS);
  await user.click(choose);
  expect(await screen.findByText('Alles is terug.')).toBeTruthy();
  const asked = program.asked.findLast((request) => request.method === 'restore');
  expect(asked).toEqual({ method: 'restore', params: { words: GOOD_WORDS, shares: [], backup: '', same_backup: false, name: null } });
  expect(await barriers()).toEqual([]);
  // What it does stands there before it happens.
  await user.click(screen.getByRole('button', { name: /^Sluit af: Ander apparaat ab12cd34/ }));
  expect(program.asked.some((request) => request.method === 'device_revoke')).toBe(false);
  expect(screen.getByText('Het apparaat telt nooit meer mee. Wat het al had, blijft daar staan.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: /^Ja, sluit dit apparaat af/ }));
  expect(screen.queryByText('Uw oude apparaat telt nog mee')).toBeNull();
});

it('remembers the backup when the words are those of another paper', async () => {
  const { program, user } = await toTheWayBack();
  const field = screen.getByLabelText('Uw 24 herstelwoorden');
  // As they stand on the paper, with their numbers.
  await user.type(field, OTHER_WORDS.split(' ').map((word, at) => `${at + 1}. ${word}`).join('\n'));
  await user.click(screen.getByRole('button', { name: 'Kies mijn backup en zet alles terug' }));
  expect((await screen.findByRole('alert')).textContent).toContain('Deze woorden en dit bestand horen niet bij elkaar.');
  expect(screen.getByRole('button', { name: 'Kies een ander bestand' })).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.clear(field);
  // Four letters of a word say enough.
  await user.type(field, GOOD_WORDS.replaceAll('abandon', 'aban'));
  await user.click(screen.getByRole('button', { name: 'Probeer het opnieuw met dit bestand' }));
  expect(await screen.findByText('Alles is terug.')).toBeTruthy();
  const asked = program.asked.filter((request) => request.method === 'restore');
  expect(asked.map(({ params }) => [params.words, params.same_backup])).toEqual([
    [OTHER_WORDS, false],
    [GOOD_WORDS, true],
  ]);
});

it('brings a person back from somebody else, and says what is not back', async () => {
  const { program, user } = await toTheWayBack();
  await user.click(screen.getByRole('radio', { name: 'Iemand die meekijkt' }));
  await user.click(screen.getByRole('button', { name: 'Geef mijn dossier terug' }));
  expect(screen.getByText('Typ eerst uw herstelwoorden.')).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'restore')).toBe(false);
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), GOOD_WORDS);
  await user.type(screen.getByLabelText('De weg terug'), 'anders');
  await user.click(screen.getByRole('button', { name: 'Geef mijn dossier terug' }));
  expect((await screen.findByRole('alert')).textContent).toContain('kent dit dossier niet als het uwe');
  // The words were taken; only the way has to be tried again.
  expect(screen.queryByLabelText('Uw 24 herstelwoorden')).toBeNull();
  await user.clear(screen.getByLabelText('De weg terug'));
  await user.type(screen.getByLabelText('De weg terug'), 'kr1goed');
  await user.click(screen.getByRole('button', { name: 'Geef mijn dossier terug' }));
  expect(await screen.findByText(/Wat alleen voor u was, is niet terug/)).toBeTruthy();
  expect(screen.getByText(/^Ook niet terug: .*[Gg]ezondheid/)).toBeTruthy();
  expect(program.asked.filter((request) => request.method === 'restore')).toHaveLength(1);
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Begin deze onderdelen opnieuw' }));
  expect(await screen.findByText('De onderdelen zijn er weer. Ze zijn leeg.')).toBeTruthy();
});

it('takes shares in place of the words, and says how many are needed', async () => {
  const { user } = await toTheWayBack();
  await user.click(screen.getByRole('button', { name: 'Ik heb delen van mensen die ik vertrouw' }));
  await user.type(screen.getByLabelText('De delen die u terugkreeg'), 'ks1een');
  await user.click(screen.getByRole('button', { name: 'Kies mijn backup en zet alles terug' }));
  expect((await screen.findByRole('alert')).textContent).toContain('U hebt er 2 nodig.');
});

it('nudges to a backup, makes it, and says where it is', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/safety');
  expect(await screen.findByText('Uw laatste backup is van 12 oktober 2026 om 10.00 uur.')).toBeTruthy();
  expect(screen.getByText('Dat is al even geleden. Maak vandaag een nieuwe.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Kies een plek en maak een backup' }));
  expect(await screen.findByText(/^Het bestand heet keukentafel-2026-11-23.age/)).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'backup')).toBe(true);
  expect(await barriers()).toEqual([]);
});

it('tells how far a backup is, and stops it', async () => {
  let end: (made: null) => void = () => undefined;
  const { program, user } = show('lisa', '#/d/d1a5/safety', (one) => {
    const call = one.call.bind(one);
    one.call = async (request) => {
      if (request.method === 'work_stop') end(null);
      return request.method === 'backup' ? (new Promise<null>((resolve) => (end = resolve)) as Promise<never>) : call(request);
    };
  });
  await user.click(await screen.findByRole('button', { name: 'Kies een plek en maak een backup' }));
  expect(await screen.findByText('De backup komt eraan…')).toBeTruthy();
  act(() => program.tell({ event: 'working', kilobytes: 12_345 }));
  expect(screen.getByText('De backup komt eraan… Al 12 MB.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('Gestopt. Er is niets achtergebleven.')).toBeTruthy();
  expect(screen.queryByText(/^Het bestand heet/)).toBeNull();
  expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
});

it('tries the paper, makes shares, and shows the way to this device', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/safety');
  await user.click(await screen.findByText('Typ de woorden over van uw papier. Dan weet u dat het papier klopt.'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), 'fout');
  await user.click(screen.getByRole('button', { name: 'Kijk of het klopt' }));
  expect(screen.getByText('U typte 1 woord. Het zijn er 24.')).toBeTruthy();
  await user.clear(screen.getByLabelText('Uw 24 herstelwoorden'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), OTHER_WORDS);
  await user.click(screen.getByRole('button', { name: 'Kijk of het klopt' }));
  expect((await screen.findByRole('alert')).textContent).toContain('Dit zijn herstelwoorden, maar niet die van u.');
  await user.clear(screen.getByLabelText('Uw 24 herstelwoorden'));
  await user.type(screen.getByLabelText('Uw 24 herstelwoorden'), GOOD_WORDS);
  await user.click(screen.getByRole('button', { name: 'Kijk of het klopt' }));
  expect(await screen.findByText('Uw papier klopt')).toBeTruthy();

  await user.selectOptions(screen.getByLabelText('Hoeveel mensen?'), '4');
  await user.selectOptions(screen.getByLabelText('Hoeveel delen zijn samen genoeg?'), '3');
  await user.click(screen.getByRole('button', { name: 'Maak de delen' }));
  expect(await screen.findByText('Met 3 delen samen krijgt iemand uw woorden. Geef elk deel aan iemand anders.')).toBeTruthy();
  expect(screen.getByText('Deel 4')).toBeTruthy();
  expect(program.asked.findLast((request) => request.method === 'recovery_split')).toEqual({ method: 'recovery_split', params: { needed: 3, count: 4 } });

  await user.click(screen.getByText('De weg naar dit apparaat'));
  const way = within(screen.getByText('De weg naar dit apparaat').closest('details') as HTMLElement);
  await user.click(way.getByRole('button', { name: 'Wijs de weg' }));
  expect(await way.findByText('kr1voorbeeldabcdefghij234567')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says why a passphrase was not changed and a dossier not taken off', async () => {
  const { user } = show('lisa', '#/d/d1a5/safety');
  await user.click(await screen.findByText('Kies een andere zin als iemand uw wachtzin kent.'));
  await user.type(screen.getByLabelText('Uw wachtzin van nu'), 'iets');
  await user.type(screen.getByLabelText('Uw nieuwe wachtzin'), 'te kort');
  await user.click(screen.getByRole('button', { name: 'Verander mijn wachtzin' }));
  expect(screen.getByText('Deze wachtzin is kort. Neem er een van minstens 12 tekens.')).toBeTruthy();
  await user.clear(screen.getByLabelText('Uw nieuwe wachtzin'));
  await user.type(screen.getByLabelText('Uw nieuwe wachtzin'), 'een zin van vijf woorden');
  await user.type(screen.getByLabelText('Typ de wachtzin nog eens'), 'een zin van vijf woorden');
  await user.click(screen.getByRole('button', { name: 'Verander mijn wachtzin' }));
  expect(await screen.findByText('De wachtzin van nu klopt niet. Typ hem nog eens.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Haal het dossier weg' }));
  await user.click(screen.getByRole('button', { name: 'Ja, haal het weg van deze computer' }));
  expect(await screen.findByText('Van dit dossier is nog geen backup van deze maand. Maak die eerst.')).toBeTruthy();
});
