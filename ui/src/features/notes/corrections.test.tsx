import { afterEach, expect, it, vi } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('lets the resident ask to put a note right, with a term', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/notes');
  await user.click((await screen.findAllByRole('button', { name: 'Laat dit verbeteren door Karin' }))[0] as HTMLElement);
  await user.click(screen.getByRole('button', { name: 'Verstuur mijn vraag' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.type(screen.getByLabelText('Wat klopt er niet?'), 'Ik deed het zelf');
  await user.click(screen.getByRole('button', { name: 'Verstuur mijn vraag' }));
  const asked = await screen.findByRole('region', { name: 'Wat u wilde laten verbeteren' });
  expect(within(asked).getByText('Ik deed het zelf')).toBeTruthy();
  expect(within(asked).getAllByText(/^Antwoord komt vóór/).length).toBeGreaterThan(0);
  expect(within(asked).getByText(/^Geen antwoord\. Dat moest vóór/)).toBeTruthy();
  expect(program.asked.find((request) => request.method === 'correction_ask')).toMatchObject({ params: { wrong: 'Ik deed het zelf', wish: null, until: null } });
});

it('puts it before the author as something to do, who answers with a reason', async () => {
  const { program, user } = show('karin', '#/d/d1a5/today');
  const asked = await screen.findByRole('region', { name: 'Vragen over uw verslagen' });
  expect(within(asked).getByText('Ik heb de brief zelf al opengemaakt.')).toBeTruthy();
  await user.click(within(asked).getByRole('button', { name: 'Geef antwoord' }));
  await user.click(screen.getByLabelText('Blijft zo'));
  await user.click(screen.getByRole('button', { name: 'Verstuur mijn antwoord' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.type(screen.getByLabelText('Waarom blijft het zo?'), 'Zo was het afgesproken');
  await user.click(screen.getByRole('button', { name: 'Verstuur mijn antwoord' }));
  expect(await screen.findByText('Uw antwoord staat bij de vraag.')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'correction_answer', params: { dossier: 'd1a5', correction: 'co-1', done: false, text: 'Zo was het afgesproken' } });
  expect(screen.queryByRole('region', { name: 'Vragen over uw verslagen' })).toBeNull();
});

it('reads the plain version with a voice of the computer itself, and says so when there is none', async () => {
  const spoken: { text: string; voice: { name: string } }[] = [];
  const voices = [
    { name: 'wolk', lang: 'nl-NL', localService: false },
    { name: 'eigen', lang: 'nl-NL', localService: true },
  ];
  const speech = { getVoices: () => voices, speak: (one: (typeof spoken)[number]) => spoken.push(one), cancel: vi.fn() };
  vi.stubGlobal('speechSynthesis', speech);
  vi.stubGlobal(
    'SpeechSynthesisUtterance',
    class {
      constructor(readonly text: string) {}
    },
  );
  const { user } = show('lisa', '#/d/d1a5/notes');
  const button = (await screen.findAllByRole('button', { name: 'Lees voor: verslag van Karin' }))[0] as HTMLElement;
  await user.click(button);
  expect(spoken.map((one) => one.voice.name)).toEqual(['eigen']);
  expect(spoken[0]?.text).not.toContain('i.v.m.');
  await user.click(screen.getByRole('button', { name: 'Stop met lezen' }));
  expect(speech.cancel).toHaveBeenCalled();
  voices.pop();
  await user.click((await screen.findAllByRole('button', { name: 'Lees voor: verslag van Karin' }))[0] as HTMLElement);
  expect(screen.getByText(/^Deze computer heeft geen Nederlandse stem/)).toBeTruthy();
  expect(spoken).toHaveLength(1);
});
