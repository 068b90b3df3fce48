import { expect, it } from 'vitest';
import { itemOf } from '../../test/fixtureFamily';
import type { FixtureProgram } from '../../test/fixtures';
import { barriers, screen, show, within } from '../../test/show';

/** A section with this item alone, and three people. */
function holding(item: ReturnType<typeof itemOf>) {
  const people = [
    { id: 'p-ria', name: 'Ria Verhagen' },
    { id: 'p-fatma', name: 'Fatma Yildiz' },
    { id: 'p-karin', name: 'Karin de Wit' },
  ];
  return (program: FixtureProgram) => {
    const call = program.call.bind(program);
    program.call = async (request) => {
      const answer = await call(request);
      return request.method === 'section' ? ({ ...(answer as object), people, items: [item] } as never) : answer;
    };
  };
}

it('says what it means before the crisis card goes outside the lock, and shows it there', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/section/crisis');
  expect(await screen.findByText(/^Iedereen die bij deze computer kan/)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Laat dit kaartje lezen zonder wachtzin' }));
  expect(await screen.findByRole('button', { name: 'Zet dit kaartje weer op slot' })).toBeTruthy();
  expect(await barriers()).toEqual([]);
  expect(program.asked).toContainEqual({ method: 'crisis_card_choose', params: { dossier: 'd1a5', on: true } });

  await user.keyboard('{Escape}{Escape}');
  const fold = await screen.findByText('Als het misgaat');
  await user.click(fold);
  expect(screen.getByText('06 00 00 01 03')).toBeTruthy();
  expect(screen.getByText('Is er nu gevaar? Bel 112.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says whom to call, with the numbers, on the page itself', async () => {
  show('lisa', '#/d/d1a5/section/crisis');
  const calls = within((await screen.findByRole('heading', { level: 3, name: 'Wie eerst bellen' })).parentElement as HTMLElement);
  expect(calls.getAllByRole('listitem').map((call) => call.textContent)).toEqual(['Ria Verhagen06 00 00 01 03', '112bij direct gevaar']);
});

it('shows nothing of it on the unlock page unless it was chosen', async () => {
  show('lisa', '', (program) => (program.passphrase = 'drie stoelen'));
  await screen.findByLabelText('Uw wachtzin');
  expect(screen.queryByText('Als het misgaat')).toBeNull();
});

it('asks a helper for a reason before a section opens in an emergency', async () => {
  const { program, user } = show('karin', '#/d/d1a5/plan', (one) =>
    one.elsewhere((state) => {
      const plan = state.dossiers[0]?.sections.find((section) => section.id === 'plan');
      if (plan) plan.gate = 'emergency';
    }),
  );
  expect(await screen.findByText('De eigenaar ziet dat u dit opende, wanneer en waarom.')).toBeTruthy();
  expect(screen.queryByText('Wij blijven in ons huis wonen')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Open dit in nood' }));
  expect(await barriers()).toEqual([]);
  await user.type(screen.getByLabelText('Waarom is het nu nodig?'), 'nodig!!!!!!!!');
  await user.click(screen.getByRole('button', { name: 'Open nu' }));
  expect(screen.getByText('Dit is te kort. Schrijf wat er aan de hand is.')).toBeTruthy();
  await user.type(screen.getByLabelText('Waarom is het nu nodig?'), ' want Lisa neemt niet op');
  await user.click(screen.getByRole('button', { name: 'Open nu' }));
  expect(await screen.findByText('Wij blijven in ons huis wonen')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'emergency_open', params: { dossier: 'd1a5', section: 'plan', reason: 'nodig!!!!!!!! want Lisa neemt niet op' } });
});

it('tells a helper whose last day has passed by which clock', async () => {
  show('karin', '#/d/d1a5/plan', (one) =>
    one.elsewhere((state) => {
      for (const section of state.dossiers[0]?.sections ?? []) section.gate = 'over';
    }),
  );
  expect(await screen.findByText('Dit zegt de klok van uw eigen computer.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Open dit in nood' })).toBeNull();
  expect(await barriers()).toEqual([]);
});

it('puts an opening in an emergency above the rest of the day', async () => {
  show('lisa', '#/d/d1a5/today', (one) =>
    one.elsewhere((state) => {
      state.log.push({ deed: 'broke_glass', at: '2026-11-23T08:00:00+01:00', who: 'p-karin', name: 'Karin de Wit', role: 'wijkteam', organisation: null, hat: null, section: 'crisis', objects: [], right: 'zien', rule: null, reported: true, reason: 'Lisa deed niet open.' });
    }),
  );
  expect(await screen.findByText('Karin opende „Als het misgaat” in nood, vandaag.')).toBeTruthy();
  expect(screen.getByText(/Lisa deed niet open/)).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('puts whom to call first in another order by buttons, and adds and removes somebody', async () => {
  const plan = itemOf('crisis', 'crisis_plan', { id: 'cr-1', call_order: [{ person_id: 'p-ria', note: 'blijft' }, { person_id: 'p-fatma' }, { label: '112', phone: '112' }] }, true);
  const { program, user } = show('lisa', '#/d/d1a5/section/crisis', holding(plan));
  await user.click((await screen.findAllByRole('button', { name: /^Verander/ }))[0] as HTMLElement);
  const order = within(screen.getByRole('group', { name: 'Wie eerst bellen' }));
  const names = () => order.getAllByRole('listitem').flatMap((row) => row.querySelector('strong')?.textContent ?? []);
  expect(names()).toEqual(['Ria Verhagen', 'Fatma Yildiz', '112']);
  await user.click(order.getByRole('button', { name: 'Zet 112 hoger' }));
  await user.keyboard('{Enter}');
  expect(names()).toEqual(['112', 'Ria Verhagen', 'Fatma Yildiz']);
  // The focus went along, and where it went was said; at the top there is nothing above.
  expect(document.activeElement?.getAttribute('aria-label')).toBe('Zet 112 hoger');
  expect(document.activeElement?.getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('112 staat nu op plaats 1 van 3.')).toBeTruthy();
  await user.keyboard('{Enter}');
  expect(names()).toEqual(['112', 'Ria Verhagen', 'Fatma Yildiz']);
  await user.click(order.getByRole('button', { name: 'Verander: Fatma Yildiz' }));
  await user.click(order.getByRole('button', { name: 'Haal weg: Fatma Yildiz' }));
  await user.click(order.getByRole('button', { name: 'Zet er nog iemand bij' }));
  expect(document.activeElement).toBe(order.getByLabelText('Wie is het?'));
  await user.type(order.getByLabelText('Naam van wie men belt'), 'Buurvrouw');
  await user.type(order.getByLabelText(/^Wanneer kan men bellen/), 'overdag');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  const set = program.asked.findLast((request) => request.method === 'item_set');
  expect(set).toMatchObject({
    params: { id: 'cr-1', fields: { call_order: [{ label: '112', phone: '112' }, { note: 'blijft', person_id: 'p-ria' }, { label: 'Buurvrouw', hours: 'overdag' }], updated: '2026-11-23' } },
  });
});

it('keeps what was agreed about safety, and lets one say more, say that somebody looked, and take one off', async () => {
  const held = { id: 'va-1', text: 'Opa Cor brengt de kinderen', who: ['p-ria'], check_by: 'p-karin', check_every_days: 10, last_checked: '2026-11-01' };
  const plan = itemOf('crisis', 'safety_plan', { id: 'vp-1', goal: 'Elke dag op tijd op school', agreements: [held, { text: 'Een oude afspraak' }] }, true);
  const { program, user } = show('lisa', '#/d/d1a5/section/crisis', holding(plan));
  expect(await screen.findByText('Karin de Wit kijkt elke 10 dagen of het lukt. Laatste keer: zondag 1 november.')).toBeTruthy();
  await user.click(screen.getAllByRole('button', { name: /^Verander: / }).at(-1) as HTMLElement);
  const agreed = within(await screen.findByRole('group', { name: 'Dit spreken we af' }));
  await user.click(agreed.getByRole('button', { name: 'Verander: Opa Cor brengt de kinderen' }));
  expect(agreed.getByLabelText<HTMLSelectElement>(/^Hoe vaak/).selectedOptions[0]?.textContent).toBe('elke 10 dagen');
  expect(await barriers()).toEqual([]);
  await user.click(agreed.getByLabelText('Vandaag gekeken'));
  await user.click(agreed.getByRole('button', { name: 'Verander: Een oude afspraak' }));
  await user.click(agreed.getByRole('button', { name: 'Haal weg: Een oude afspraak' }));
  await user.click(agreed.getByRole('button', { name: 'Zet er een afspraak bij' }));
  await user.type(agreed.getByLabelText('Wat spreekt u af?'), 'School belt eerst Lisa');
  await user.selectOptions(agreed.getByLabelText(/^Wie kijkt of het lukt/), 'p-ria');
  await user.selectOptions(agreed.getByLabelText(/^Hoe vaak/), '7');
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  expect(program.asked).toContainEqual({
    method: 'item_set',
    params: expect.objectContaining({ id: 'vp-1', fields: { agreements: [{ ...held, last_checked: '2026-11-23' }, { text: 'School belt eerst Lisa', check_by: 'p-ria', check_every_days: 7 }] } }),
  });
});
