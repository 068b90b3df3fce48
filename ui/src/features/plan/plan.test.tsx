import { act, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ActionView } from '../../generated/ActionView';
import type { PlanView } from '../../generated/PlanView';
import { barriers, row, screen, show, within } from '../../test/show';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T09:00:00+01:00') });
});
afterEach(() => {
  vi.useRealTimers();
});

const PLAN = '#/d/d1a5/plan';
const goal = (name: string) => within(screen.getByRole('article', { name }));

it('shows each goal with what is still to do, and folds away what is over', async () => {
  show('lisa', PLAN);
  expect(await screen.findByRole('heading', { level: 1, name: 'Rust in huis en grip op geld' })).toBeTruthy();
  const money = goal('Ik weet elke week wat ik kan uitgeven');
  expect(money.getByText('Geldzaken')).toBeTruthy();
  expect(money.getByText('zondag 31 januari 2027')).toBeTruthy();
  expect(money.getByText('Lijst maken van alle schulden').closest('details')).not.toBeNull();
  expect(money.getByText('Aanvragen of de zorgtoeslag klopt').closest('details')).toBeNull();
  const proposed = within(row('Twee ochtenden meekijken en tips geven'));
  expect(proposed.getByText('Voorstel')).toBeTruthy();
  expect(proposed.getByText('Gepland')).toBeTruthy();
  expect(proposed.getByText('Jeroen')).toBeTruthy();
  expect(within(row('Uitzoeken of er een cursus beter slapen is')).getByText('Nog niemand')).toBeTruthy();
  expect(screen.getByText('Noor heeft een rustige plek voor huiswerk').closest('details')?.open).toBe(false);
  expect(await barriers()).toEqual([]);
});

it('settles what was also said', async () => {
  const { program, user } = show('lisa', PLAN);
  const post = 'Alle post van deze maand openmaken en op stapels leggen';
  await screen.findByText(post);
  const said = within(row(post));
  expect(said.getByText('Ook gezegd: donderdag 3 december')).toBeTruthy();
  await user.click(said.getByRole('button', { name: 'Kies dit: donderdag 3 december' }));
  await waitFor(() => expect(screen.queryByText('Ook gezegd: donderdag 3 december')).toBeNull());
  expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 't-1', fields: { due: '2026-12-03' } } });
  expect(within(row(post)).getByText('Wanneer: over 10 dagen')).toBeTruthy();
});

it('keeps what stands by saying it again', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Houd zoals het is' }));
  expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 't-1', fields: { due: '2026-11-30' } } });
});

it('adds a goal and gives the focus back', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  expect(document.activeElement).toBe(screen.getByLabelText('Wat wilt u bereiken?'));
  await user.click(screen.getByRole('button', { name: 'Bewaar dit doel' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText('Wat wilt u bereiken?'));
  expect(await barriers()).toEqual([]);
  await user.type(screen.getByLabelText('Wat wilt u bereiken?'), ' Ik slaap beter ');
  await user.click(screen.getByRole('button', { name: 'Bewaar dit doel' }));
  expect(await screen.findByRole('article', { name: 'Ik slaap beter' })).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'item_add', params: { dossier: 'd1a5', section: 'plan', kind: 'goals', fields: { title: 'Ik slaap beter', status: 'nieuw' } } });
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Nieuw doel' }));
});

it('adds a step to the goal it was opened at', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuwe stap bij Wij blijven in ons huis wonen' }));
  await user.type(screen.getByLabelText('Wat is de stap?'), 'Bellen met de verhuurder');
  await user.click(screen.getByRole('button', { name: 'Bewaar deze stap' }));
  expect(await goal('Wij blijven in ons huis wonen').findByText('Bellen met de verhuurder')).toBeTruthy();
  expect(program.asked).toContainEqual({
    method: 'item_add',
    params: { dossier: 'd1a5', section: 'plan', kind: 'actions', fields: { goal_id: 'g-2', text: 'Bellen met de verhuurder', status: 'open', who: ['p-lisa'] } },
  });
});

it('takes a day in three numbers, and says when there is no such day', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuwe stap bij Wij blijven in ons huis wonen' }));
  await user.type(screen.getByLabelText('Wat is de stap?'), 'Bellen');
  await user.type(screen.getByLabelText('Dag'), '31');
  await user.type(screen.getByLabelText('Maand'), '11');
  await user.click(screen.getByRole('button', { name: 'Bewaar deze stap' }));
  expect(screen.getByText('Deze dag bestaat niet. Kijk de cijfers na.')).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText('Dag'));
  expect(program.asked.some((request) => request.method === 'item_add')).toBe(false);
  expect(await barriers()).toEqual([]);
  await user.clear(screen.getByLabelText('Dag'));
  await user.type(screen.getByLabelText('Dag'), '3');
  await user.click(screen.getByRole('button', { name: 'Bewaar deze stap' }));
  await goal('Wij blijven in ons huis wonen').findByText('Bellen');
  expect(program.asked).toContainEqual(expect.objectContaining({ params: expect.objectContaining({ fields: expect.objectContaining({ due: '2026-11-03' }) }) }));
});

it('keeps what is being typed, and the focus, while others change the plan', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  const input = screen.getByLabelText<HTMLInputElement>('Wat wilt u bereiken?');
  await user.type(input, 'Half getypt');
  input.setSelectionRange(4, 4);
  await act(async () =>
    program.elsewhere((state) => {
      Object.assign(state.goals[0] ?? {}, { title: 'Karin schreef een andere titel' });
      state.goals.unshift({ ...structuredClone(state.goals[1] ?? (() => { throw new Error('no goal'); })()), id: 'g-new', title: 'Een doel erbij' });
    }),
  );
  expect(await screen.findByRole('article', { name: 'Een doel erbij' })).toBeTruthy();
  expect(screen.getByRole('article', { name: 'Karin schreef een andere titel' })).toBeTruthy();
  expect(screen.getByLabelText('Wat wilt u bereiken?')).toBe(input);
  expect(document.activeElement).toBe(input);
  expect([input.value, input.selectionStart]).toEqual(['Half getypt', 4]);
});

it('keeps the typed text when saving fails', async () => {
  const { program, user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  await user.type(screen.getByLabelText('Wat wilt u bereiken?'), 'Rust');
  program.failNext = 'disk_full';
  await user.click(screen.getByRole('button', { name: 'Bewaar dit doel' }));
  await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Uw schijf is vol.'));
  expect(screen.getByLabelText<HTMLInputElement>('Wat wilt u bereiken?').value).toBe('Rust');
});

it('closes a form with Escape', async () => {
  const { user } = show('lisa', PLAN);
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  await user.keyboard('{Escape}');
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Nieuw doel' }));
});

it('offers nothing to change to somebody who may only look', async () => {
  show('lisa', PLAN, (program) => {
    const call = program.call.bind(program);
    program.call = async (request) => {
      const answer = await call(request);
      if (request.method !== 'plan' && request.method !== 'section') return answer;
      return JSON.parse(JSON.stringify(answer).replaceAll('"may_change":true', '"may_change":false').replaceAll('"may_remove":true', '"may_remove":false').replace('"right":"own"', '"right":"read"')) as never;
    };
  });
  expect(await screen.findByRole('heading', { level: 1, name: 'Rust in huis en grip op geld' })).toBeTruthy();
  expect(screen.queryAllByRole('checkbox')).toEqual([]);
  // Taking the plan along on paper changes nothing in it.
  const buttons = within(screen.getByRole('main')).queryAllByRole('button');
  expect(buttons.filter((button) => !button.getAttribute('aria-label')?.startsWith('Wie veranderde wat?')).map((button) => button.textContent)).toEqual(['Bewaar of print dit plan']);
  expect(screen.getByText('Ook gezegd: donderdag 3 december')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says so when the plan is not shared', async () => {
  show('lisa', PLAN, (program) => {
    const call = program.call.bind(program);
    program.call = async (request) => {
      const answer = await call(request);
      return request.method === 'plan' ? ({ title: null, wish: null, goals: [], loose_actions: [], right: null, seen_by: [] } as never) : answer;
    };
  });
  expect(await screen.findByText(/^Het plan is niet met u gedeeld\./)).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Nieuw doel' })).toBeNull();
});

it('shows three goals whole and folds the others to their title, unless something in them is near', async () => {
  const { user } = show('lisa', '#/d/d1a5/plan', (one) => {
    const call = one.call.bind(one);
    one.call = async (request) => {
      const answer: unknown = await call(request);
      if (request.method !== 'plan') return answer as never;
      const plan = answer as PlanView;
      const [first] = plan.goals;
      if (first === undefined) throw new Error('no goal');
      const step = { ...(plan.loose_actions[0] as ActionView), status: 'open' };
      const more = (['2027-03-01', '2026-11-28'] as const).map((due, at) => ({ ...first, id: `g-x${at}`, title: `Nog een doel ${at}`, actions: [{ ...step, id: `t-x${at}`, text: `Stap voor ${due}`, due }] }));
      return { ...plan, goals: [...plan.goals.filter((goal) => goal.status !== 'gehaald'), ...more] } as never;
    };
  });
  expect(await screen.findByRole('heading', { level: 2, name: 'Nog een doel 0' })).toBeTruthy();
  expect(screen.queryByText('Stap voor 2027-03-01')).toBeNull();
  expect(screen.getByText('Stap voor 2026-11-28')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Laat dit doel zien: Nog een doel 0' }));
  expect(screen.getByText('Stap voor 2027-03-01')).toBeTruthy();
  expect(document.activeElement?.querySelector('h2')?.textContent).toBe('Nog een doel 0');
});

it('has one button at the side of a step, and who changed what with its form', async () => {
  const { user } = show('lisa', '#/d/d1a5/plan');
  const step = 'Elke maand voor de 5e de huur betalen';
  await screen.findByText(step);
  expect(screen.queryByRole('button', { name: `Wie veranderde wat? ${step}` })).toBeNull();
  await user.click(await screen.findByRole('button', { name: `Verander: ${step}` }));
  expect(screen.getByRole('button', { name: new RegExp(`^Wie veranderde wat.*${step}`) })).toBeTruthy();
});
