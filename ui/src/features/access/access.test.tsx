import { act, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { TICKET_WORDS } from '../../test/fixtureJoin';
import { barriers, screen, show, within } from '../../test/show';
import { grantsOf, levelsOf } from './grants';

const ACCESS = '#/d/d1a5/access';
const person = (name: string) => within(screen.getByRole('heading', { level: 3, name }).closest('article') as HTMLElement);

it('says per person what, why, until when, and what each device has', async () => {
  show('lisa', ACCESS);
  await screen.findByRole('heading', { level: 3, name: 'Karin de Wit' });
  const karin = person('Karin de Wit');
  expect(karin.getByText('het plan bijhouden', { exact: false })).toBeTruthy();
  expect(karin.getByText('Mag veranderen').closest('li')?.textContent).toBe('Mag veranderen: Ons plan en Agenda');
  expect(karin.getByText('Alleen dát er iets is').closest('li')?.textContent).toContain('Geld');
  expect(karin.getByText('Tot en met 3 maart 2027')).toBeTruthy();
  expect(await karin.findByText('Heeft alles. Laatst gezien: gisteren om 14.10 uur.')).toBeTruthy();
  const ria = person('Ria Verhagen');
  expect(ria.getByText(/^Mist nog 3 dingen\./)).toBeTruthy();
  expect(ria.getByText('De code is toen niet vergeleken')).toBeTruthy();
  expect(screen.getByText(/^De computer van Tim heeft dit nog niet bevestigd\./)).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says for each computer whether the copy is gone', async () => {
  show('lisa', ACCESS, (program) =>
    program.elsewhere((state) =>
      Object.assign(state.people.find((one) => one.person === 'p-tim') ?? {}, {
        ended: {
          confirmed: false,
          devices: [
            { device: 'e1', confirmed: true },
            { device: 'e2', confirmed: false },
          ],
        },
      }),
    ),
  );
  const tim = within((await screen.findByRole('heading', { level: 3, name: 'Tim Groen' })).closest('li') as HTMLElement);
  expect(tim.getAllByRole('listitem').map((one) => one.textContent)).toEqual(['Computer 1: De kopie is weg. Dat is bevestigd.', 'Computer 2: Nog niet bevestigd. Dat komt als die weer aan staat.']);
  expect(await barriers()).toEqual([]);
});

it('stops access in two taps, and says first what stops and what stays', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Stop: Karin kijkt niet meer mee' }));
  const panel = screen.getByRole('group', { name: 'Karin niet meer laten meekijken?' });
  expect(document.activeElement).toBe(panel);
  expect(panel.textContent).toContain('Ons plan, Agenda, Mijn verhaal en Geld');
  expect(panel.textContent).toContain('Dit blijft');
  expect(panel.textContent).toContain('kan niemand terughalen');
  expect(program.asked.some((request) => request.method === 'revoke')).toBe(false);
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Stop nu' }));
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe('Karin kijkt niet meer mee.'));
  expect(program.asked).toContainEqual({ method: 'revoke', params: { dossier: 'd1a5', person: 'p-karin', keep_unseen: false } });
  expect(screen.queryByRole('button', { name: 'Terugdraaien' })).toBeNull();
  expect(await screen.findByText(/^De computer van Karin heeft dit nog niet bevestigd\./)).toBeTruthy();
});

it('lets go of stopping by Escape, and gives the focus back', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Stop: Ria kijkt niet meer mee' }));
  await user.keyboard('{Escape}');
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Stop: Ria kijkt niet meer mee' }));
  expect(program.asked.some((request) => request.method === 'revoke')).toBe(false);
});

it('changes a right', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Verander wat Karin mag' }));
  expect(document.activeElement).toBe(screen.getByLabelText('Mijn verhaal'));
  await user.selectOptions(screen.getByLabelText('Mijn verhaal'), 'none');
  await user.selectOptions(screen.getByLabelText('Geld'), 'aanvullen');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Bewaar dit' }));
  await waitFor(() =>
    expect(program.asked).toContainEqual({ method: 'change_access', params: { dossier: 'd1a5', person: 'p-karin', grants: ['plan=aanpassen', 'agenda=aanpassen', 'geld=aanvullen'], until: '2027-03-03', purpose: 'het plan bijhouden' } }),
  );
});

it('says who sees nothing of before, and lets that be otherwise', async () => {
  const { program, user } = show('lisa', ACCESS, (held) =>
    held.elsewhere((state) => {
      for (const one of state.people.filter((other) => other.person === 'p-karin')) one.scopes = one.scopes.map((scope) => ({ ...scope, from_now: true }));
    }),
  );
  await screen.findByRole('heading', { level: 3, name: 'Karin de Wit' });
  const sentence = 'Ziet wat er stond toen deze persoon erbij kwam, en wat daarna kwam. Niet wat er eerder stond.';
  expect(await person('Karin de Wit').findByText(sentence)).toBeTruthy();
  expect(person('Ria Verhagen').queryByText(sentence)).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Verander wat Karin mag' }));
  expect(screen.getByRole('radio', { name: 'Alleen vanaf nu' })).toHaveProperty('checked', true);
  await user.click(screen.getByRole('radio', { name: 'Ook van eerder' }));
  expect(screen.getByText('Deze persoon ziet ook wat er eerder stond, en oude verslagen.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Bewaar dit' }));
  await waitFor(() => expect(program.asked.find((one) => one.method === 'change_access')?.params).toMatchObject({ person: 'p-karin', from_now: false }));
});

it('offers no past to whoever sees only what is about certain people', async () => {
  const { user } = show('lisa', ACCESS, (held) =>
    held.elsewhere((state) => {
      for (const one of state.people.filter((other) => other.person === 'p-karin')) one.scopes = one.scopes.map((scope) => ({ ...scope, only_about: [{ id: 'p-noor', name: 'Noor' }] }));
    }),
  );
  await user.click(await screen.findByRole('button', { name: 'Verander wat Karin mag' }));
  expect(screen.getByLabelText('Mijn verhaal')).toBeTruthy();
  expect(screen.queryByRole('radio', { name: 'Alleen vanaf nu' })).toBeNull();
});

it('keeps a half-made choice while others change the dossier', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Verander wat Karin mag' }));
  await user.selectOptions(screen.getByLabelText('Geld'), 'aanpassen');
  await act(async () => program.elsewhere((state) => Object.assign(state.people[1] ?? {}, { purpose: 'iets anders' })));
  expect(await screen.findByText('iets anders', { exact: false })).toBeTruthy();
  expect(screen.getByLabelText<HTMLSelectElement>('Geld').value).toBe('aanpassen');
});

it('takes the code that the other reads out', async () => {
  const { program, user } = show('lisa', ACCESS);
  const field = await screen.findByLabelText('De cijfers die u hoort');
  expect(document.body.textContent).not.toContain(program.code);
  await user.type(field, '1234');
  await user.click(screen.getByRole('button', { name: 'Laat Jeroen meekijken' }));
  expect(screen.getByText(/^De code heeft twaalf cijfers\./)).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'confirm')).toBe(false);
  await user.clear(field);
  await user.type(field, '1234 5678 9012');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Laat Jeroen meekijken' }));
  await waitFor(() => expect(screen.queryByLabelText('De cijfers die u hoort')).toBeNull());
  expect(program.asked).toContainEqual({ method: 'confirm', params: { code: '123456789012' } });
});

it('keeps the digits that are being typed while others change the dossier', async () => {
  const { program, user } = show('lisa', ACCESS);
  const field = await screen.findByLabelText<HTMLInputElement>('De cijfers die u hoort');
  await user.type(field, '12345');
  await act(async () => program.elsewhere((state) => void state.invitations.push({ ...(state.invitations[1] as (typeof state.invitations)[number]), id: 'dada', name: 'Iemand Anders' })));
  expect(await screen.findByText('Voor Iemand Anders')).toBeTruthy();
  expect(screen.getByLabelText('De cijfers die u hoort')).toBe(field);
  expect([field.value, document.activeElement]).toEqual(['12345', field]);
});

it('turns somebody away', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Dit is iemand anders. Stop. Uitnodiging voor Jeroen' }));
  await waitFor(() => expect(program.asked).toContainEqual({ method: 'invitation_end', params: { dossier: 'd1a5', id: 'cafe' } }));
  await waitFor(() => expect(screen.queryByLabelText('De cijfers die u hoort')).toBeNull());
});

it('makes an invitation: who, what for, what, and then the ticket', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/invite');
  await user.click(await screen.findByRole('button', { name: 'Maak de uitnodiging' }));
  expect(screen.getByText('Schrijf waarvoor. Dat ziet u later terug.')).toBeTruthy();
  expect(screen.getByText(/^U deelt nog niets\./)).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText('Hoe heet deze persoon?'));
  expect(await barriers()).toEqual([]);
  await user.type(screen.getByLabelText('Hoe heet deze persoon?'), 'Bo Jansen');
  await user.type(screen.getByLabelText('Waarvoor kijkt deze persoon mee?'), 'samen de post doen');
  await user.click(screen.getByRole('button', { name: 'Familie of vrienden' }));
  await user.selectOptions(screen.getByLabelText('Geld'), 'dat');
  await user.click(screen.getByRole('button', { name: 'Maak de uitnodiging' }));
  const title = await screen.findByRole('heading', { level: 1, name: 'De uitnodiging is klaar' });
  expect(title).toBe(document.activeElement);
  expect(program.asked).toContainEqual({
    method: 'invite',
    params: { dossier: 'd1a5', person: null, name: 'Bo Jansen', role: null, purpose: 'samen de post doen', grants: ['plan=zien', 'agenda=zien', 'crisis=zien', 'geld=zien:dat'], until: '2027-05-24', hints: [], hours: 168 },
  });
  expect(await screen.findByRole('img', { name: 'QR-code van de uitnodiging voor Bo' })).toBeTruthy();
  expect(screen.getByText(/^keukentafel1example/)).toBeTruthy();
  const words = within(await screen.findByRole('list', { name: 'Acht woorden voor Bo' }));
  expect(words.getAllByRole('listitem').map((word) => word.textContent)).toEqual(TICKET_WORDS);
  expect(screen.getByText('De woorden werken 30 minuten, en één keer.')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'ticket_words', params: { dossier: 'd1a5', id: 'f00d' } });
  expect(screen.getByText('Geldig tot 30 november 2026 om 9.00 uur')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('invites somebody from now on, and says first what that is', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/invite');
  await user.type(await screen.findByLabelText('Hoe heet deze persoon?'), 'Bo Jansen');
  await user.type(screen.getByLabelText('Waarvoor kijkt deze persoon mee?'), 'samen de post doen');
  await user.click(screen.getByRole('button', { name: 'Familie of vrienden' }));
  await user.click(screen.getByRole('radio', { name: 'Alleen vanaf nu' }));
  expect(screen.getByText(/^Deze persoon ziet wat er nu staat en wat erbij komt\. Niet wat er eerder stond/)).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Maak de uitnodiging' }));
  await screen.findByRole('heading', { level: 1, name: 'De uitnodiging is klaar' });
  expect(program.asked.find((one) => one.method === 'invite')?.params).toMatchObject({ name: 'Bo Jansen', from_now: true });
});

it('fills in what was proposed for somebody, to be looked at first', async () => {
  const { user } = show('lisa', '#/d/d1a5/invite');
  await user.selectOptions(await screen.findByLabelText('Kies een persoon'), 'p-anouk');
  expect(screen.getByLabelText<HTMLInputElement>('Waarvoor kijkt deze persoon mee?').value).toBe('hoe het op school gaat');
  expect(screen.getByLabelText<HTMLSelectElement>('Opvoeden en school').value).toBe('aanvullen');
  await user.selectOptions(screen.getByLabelText('Kies een persoon'), 'p-rik');
  expect(screen.getByText('Deze persoon ziet alleen wat over Noor Stam gaat.')).toBeTruthy();
  const offered = [...screen.getByLabelText<HTMLSelectElement>('Kies een persoon').options].map((option) => option.value);
  expect(offered).not.toContain('p-karin');
  expect(offered).not.toContain('p-lisa');
  expect(await barriers()).toEqual([]);
});

it('reads and writes levels as the program does', () => {
  const levels = levelsOf([
    { section: 'geld', level: 'zien', content: false },
    { section: 'plan', level: 'aanpassen', content: true },
    { section: 'werk', level: 'aanvullen', content: false },
    { section: 'crisis', level: 'zien', content: true, emergency: true },
  ]);
  expect(levels).toEqual({ geld: 'dat', plan: 'aanpassen', werk: 'aanvullen:dat', crisis: 'nood' });
  expect(grantsOf({ ...levels, wonen: 'none' })).toEqual(['geld=zien:dat', 'plan=aanpassen', 'werk=aanvullen:dat', 'crisis=zien:nood']);
});

it('keeps a right that nobody else is offered, and shows what opens in an emergency', async () => {
  const { program, user } = show('lisa', ACCESS, (one) => one.elsewhere((state) => Object.assign(state.people[0] ?? {}, { scopes: [{ section: 'geld', level: 'aanvullen', content: false }, { section: 'crisis', level: 'zien', content: true, emergency: true }] })));
  await user.click(await screen.findByRole('button', { name: 'Verander wat Karin mag' }));
  expect(screen.getByLabelText<HTMLSelectElement>('Geld').value).toBe('aanvullen:dat');
  expect([...screen.getByLabelText<HTMLSelectElement>('Mijn verhaal').options].map((option) => option.value)).not.toContain('aanvullen:dat');
  await user.selectOptions(screen.getByLabelText('Mijn verhaal'), 'zien');
  await user.click(screen.getByRole('button', { name: 'Bewaar dit' }));
  await waitFor(() => expect(program.asked.find((request) => request.method === 'change_access')?.params).toMatchObject({ grants: ['geld=aanvullen:dat', 'crisis=zien:nood', 'verhaal=zien'] }));
});

it('says what will open in an emergency before the invitation is made', async () => {
  const { user } = show('lisa', '#/d/d1a5/invite');
  await user.selectOptions(await screen.findByLabelText('Gezondheid'), 'nood');
  expect(screen.getByRole('heading', { name: 'Wat deelt u?' }).closest('section')?.querySelector('li')?.textContent).toBe('Alleen in nood: Gezondheid');
});

it('takes the end away and says another purpose', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Verander wat Karin mag' }));
  const purpose = screen.getByLabelText('Waarvoor kijkt deze persoon mee?');
  await user.clear(purpose);
  await user.type(purpose, 'samen bellen');
  await user.clear(screen.getByLabelText('Dag'));
  await user.clear(screen.getByLabelText('Maand'));
  await user.click(screen.getByRole('button', { name: 'Bewaar dit' }));
  await waitFor(() => expect(program.asked.find((request) => request.method === 'change_access')?.params).toMatchObject({ until: '', purpose: 'samen bellen' }));
});

it('opens no door for words before somebody wants them, and gives others when these are over', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByText('Laat de uitnodiging zien'));
  const asked = () => program.asked.filter((request) => request.method === 'ticket_words').length;
  expect(asked()).toBe(0);
  await user.click(screen.getByRole('button', { name: 'Laat acht woorden zien' }));
  await screen.findByRole('list', { name: 'Acht woorden voor Samira' });
  expect(asked()).toBe(1);
  await user.click(screen.getByRole('button', { name: 'Geef nieuwe woorden' }));
  expect(await screen.findByText('Deze woorden werken nog.')).toBeTruthy();
  expect(asked()).toBe(2);
  expect(await barriers()).toEqual([]);
});

it('says why there are no words', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByText('Laat de uitnodiging zien'));
  program.failNext = 'invalid';
  await user.click(screen.getByRole('button', { name: 'Laat acht woorden zien' }));
  expect((await screen.findByRole('alert')).textContent).toContain('deze computer is niet verbonden');
  await user.click(screen.getByRole('button', { name: 'Probeer het opnieuw' }));
  await screen.findByRole('list', { name: 'Acht woorden voor Samira' });
});
