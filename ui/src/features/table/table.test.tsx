import { expect, it } from 'vitest';
import type { Request } from '../../generated/Request';
import { barriers, screen, show, within } from '../../test/show';

const at = (step: string) => `#/d/d1a5/table${step === '' ? '' : `/${step}`}`;
const title = (name: string | RegExp) => screen.findByRole('heading', { level: 1, name });
const sent = (asked: readonly Request[], method: string) => asked.filter((request) => request.method === method).map((request) => ('params' in request ? request.params : null));

it('leads two people from what goes well to who does what, and keeps every answer at once', async () => {
  const { program, user } = show('lisa', at(''));
  await title('Wat gaat er goed?');
  expect(await barriers()).toEqual([]);

  // Written down with the button, and by going on.
  await user.type(screen.getByLabelText('Dit gaat goed'), 'Wij eten samen');
  await user.click(screen.getByRole('button', { name: 'Schrijf dit op' }));
  expect(within(await screen.findByRole('list', { name: 'Dit staat er al' })).getByText('Wij eten samen')).toBeTruthy();
  await user.type(screen.getByLabelText('Dit gaat goed'), 'Oma past op');
  await user.selectOptions(screen.getByLabelText('Wie zei dit?'), 'p-ria');
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  await title('Wat is moeilijk?');
  expect(sent(program.asked, 'item_add')).toEqual([
    { dossier: 'd1a5', section: 'plan', kind: 'strengths', fields: { quote: 'Wij eten samen', speaker: 'p-lisa', date: '2026-11-23' } },
    { dossier: 'd1a5', section: 'plan', kind: 'strengths', fields: { quote: 'Oma past op', speaker: 'p-ria', date: '2026-11-23' } },
  ]);
  await user.click(screen.getByRole('button', { name: 'Verder' }));

  // Only what people choose is asked about; what they choose has the value "niet besproken" until they say more.
  await title('Waar wilt u over praten?');
  await user.click(screen.getByLabelText('Geldzaken'));
  await user.click(screen.getByLabelText('Voor uzelf zorgen'));
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  await title('Hoe gaat het met: Geldzaken?');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByLabelText(/^Het lukt een beetje/));
  await user.type(screen.getByLabelText(/^Wilt u daar iets bij zeggen/), 'De post ligt er nog');
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  await title('Hoe gaat het met: Voor uzelf zorgen?');
  expect((screen.getByLabelText(/^Niet besproken/) as HTMLInputElement).checked).toBe(true);
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  const unsaid = { level: null, state: 'niet_besproken' };
  expect(sent(program.asked, 'item_add').at(-1)).toEqual({
    dossier: 'd1a5',
    section: 'plan',
    kind: 'assessments',
    fields: { instrument: 'ZRM-2017', subject: 'p-lisa', rater: 'zelf', rater_id: 'p-lisa', date: '2026-11-23', scores: { financien: unsaid } },
  });
  expect(sent(program.asked, 'item_set').map((params) => (params as unknown as { fields: unknown }).fields)).toEqual([
    { scores: { financien: unsaid, basale_adl: unsaid } },
    { 'scores.financien.level': 3, 'scores.financien.state': 'besproken' },
    { 'scores.financien.quote': 'De post ligt er nog' },
  ]);

  // A goal written by going on leads to its own step, not past it.
  await title('Wat wilt u bereiken?');
  expect(screen.getByText('Deze doelen staan al in uw plan. U mag er een bij zetten.')).toBeTruthy();
  await user.type(screen.getByLabelText('Ik wil graag'), 'Alle post open');
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  await title('Alle post open');
  await user.type(screen.getByLabelText('Wat is de stap?'), 'Zaterdag samen openen?');
  await user.click(screen.getByLabelText('Joop'));
  await user.type(screen.getByLabelText('Dag'), '28');
  await user.type(screen.getByLabelText('Maand'), '11');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  await title('Dit hebben we besproken');
  expect(screen.getByText('U en Joop: Zaterdag samen openen? Wanneer: over 5 dagen.')).toBeTruthy();
  expect(screen.getByText('Geldzaken: Het lukt een beetje')).toBeTruthy();
  expect(screen.getByText('Voor uzelf zorgen: Niet besproken')).toBeTruthy();
  expect(screen.queryByText(/^Wonen/)).toBeNull();
  expect(await barriers()).toEqual([]);
});

it('goes on where it was broken off, from what stands in the dossier', async () => {
  const answers = { id: 'zelf-1', instrument: 'ZRM-2017', subject: 'p-lisa', rater: 'zelf', date: '2026-11-23', scores: { financien: { level: 2 }, huisvesting: { level: null, state: 'niet_besproken' } } };
  show('lisa', at(''), (program) => void program.call({ method: 'item_add', params: { dossier: 'd1a5', section: 'plan', kind: 'assessments', fields: answers } }));
  await title('Hoe gaat het met: Wonen?');
});

it('shows a choice at the tap, keeps every one of a quick row in one place, and goes on only once they are kept', async () => {
  let open: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (open = resolve));
  const { program, user } = show('lisa', at('domains'), (one) => {
    const call = one.call.bind(one);
    one.call = async (request) => {
      if (request.method === 'item_add') await held;
      return call(request);
    };
  });
  await user.click(await screen.findByLabelText('Geldzaken'));
  await user.click(screen.getByLabelText('Wonen'));
  await user.click(screen.getByLabelText('Meedoen'));
  for (const name of ['Geldzaken', 'Wonen', 'Meedoen']) expect((screen.getByLabelText(name) as HTMLInputElement).checked).toBe(true);
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Waar wilt u over praten?');
  open();
  await title('Hoe gaat het met: Geldzaken?');
  expect(sent(program.asked, 'item_add')).toHaveLength(1);
  const last = sent(program.asked, 'item_set').at(-1) as unknown as { fields: { scores: object } };
  expect(Object.keys(last.fields.scores)).toEqual(['financien', 'huisvesting', 'maatschappelijke_participatie']);
});

it('no longer shows a choice that could not be kept', async () => {
  const { program, user } = show('lisa', at('domains'));
  await screen.findByLabelText('Geldzaken');
  program.failNext = 'disk_full';
  await user.click(screen.getByLabelText('Geldzaken'));
  expect(await screen.findByText(/schijf is vol/i)).toBeTruthy();
  expect((screen.getByLabelText('Geldzaken') as HTMLInputElement).checked).toBe(false);
});

it('asks for no more than three goals, and a failed step stays where it is', async () => {
  const { program, user } = show('lisa', at('goals'), (program) => {
    for (const name of ['een', 'twee']) void program.call({ method: 'item_add', params: { dossier: 'd1a5', section: 'plan', kind: 'goals', fields: { title: name, status: 'nieuw', created: '2026-11-23' } } });
  });
  await user.type(await screen.findByLabelText('Ik wil graag'), 'drie');
  program.failNext = 'disk_full';
  await user.click(screen.getByRole('button', { name: 'Verder' }));
  expect(await screen.findByText(/schijf is vol/i)).toBeTruthy();
  expect((screen.getByLabelText('Ik wil graag') as HTMLInputElement).value).toBe('drie');
  await user.click(screen.getByRole('button', { name: 'Schrijf dit op' }));
  expect(await screen.findByText('Dit zijn drie doelen. Dat is genoeg om mee te beginnen.')).toBeTruthy();
  expect(screen.queryByLabelText('Ik wil graag')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
  expect(await screen.findByLabelText('Ik wil graag')).toBeTruthy();
});

it('is the resident\'s alone', async () => {
  show('karin', at('good'));
  expect(await screen.findByRole('navigation', { name: 'Hoofdmenu' })).toBeTruthy();
  expect(screen.queryByText('Wat gaat er goed?')).toBeNull();
});
