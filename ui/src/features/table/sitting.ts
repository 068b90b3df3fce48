import type { ItemView } from '../../generated/ItemView';
import { at, text } from '../edit/spec';

/** The life domains of the self-sufficiency matrix; people choose a few of them. */
export const DOMAINS = ['financien', 'huisvesting', 'werk_opleiding', 'tijdsbesteding', 'huiselijke_relaties', 'sociaal_netwerk', 'geestelijke_gezondheid', 'lichamelijke_gezondheid', 'middelengebruik', 'basale_adl', 'instrumentele_adl', 'maatschappelijke_participatie', 'justitie'] as const;
export type Domain = (typeof DOMAINS)[number];

/** Most goals of one sitting: more do not fit on the fridge, nor in a week. */
export const MOST_GOALS = 3;

/** What one field of the answers about a domain holds. */
export interface Score {
  level?: number | null;
  state?: string;
  quote?: string | null;
}

/** What two people wrote down at the table today, read back from the dossier: nothing of it is kept anywhere else. */
export interface Sitting {
  good: ItemView[];
  hard: ItemView[];
  /** Own answers of today; none before the first domain is chosen. */
  answers: ItemView | null;
  /** Chosen domains, in fixed order. */
  domains: Domain[];
  /** Goals of today; when there are none, the first of those that are still going on. */
  goals: ItemView[];
  /** Goals that are going on and that this sitting does not talk about. */
  others: number;
  /** True when `goals` were made today. */
  fresh: boolean;
  actions: ItemView[];
}

export function scoresOf(answers: ItemView | null): Readonly<Record<string, Score>> {
  const held = answers ? at(answers.fields, 'scores') : null;
  return typeof held === 'object' && held !== null ? (held as Record<string, Score>) : {};
}

/** Reads the sitting of `today` from what stands in the plan and in the section with the answers. */
export function sittingOf(plan: readonly ItemView[], answered: readonly ItemView[], me: string | null, today: string): Sitting {
  const of = (kind: string) => plan.filter((item) => item.kind === kind);
  const now = (item: ItemView, field: string) => text(item, field)?.slice(0, 10) === today;
  const answers = answered.find((item) => item.kind === 'assessments' && text(item, 'rater') === 'zelf' && text(item, 'subject') === me && now(item, 'date')) ?? null;
  const scores = scoresOf(answers);
  const going = of('goals').filter((goal) => !['gehaald', 'gestopt'].includes(text(goal, 'status') ?? ''));
  const made = going.filter((goal) => now(goal, 'created'));
  const goals = made.length > 0 ? made : going.slice(0, MOST_GOALS);
  return {
    good: of('strengths').filter((item) => now(item, 'date')),
    hard: of('concerns').filter((item) => now(item, 'date')),
    answers,
    domains: DOMAINS.filter((domain) => scores[domain] !== undefined && scores[domain] !== null),
    goals,
    others: going.length - goals.length,
    fresh: made.length > 0,
    actions: of('actions'),
  };
}

export type Step = { id: string; part: 'good' | 'hard' | 'domains' | 'goals' | 'close' } | { id: string; part: 'score'; domain: Domain } | { id: string; part: 'who'; goal: ItemView };

/** The parts that people see at the top, in order. */
export const PARTS = ['good', 'hard', 'domains', 'score', 'goals', 'who', 'close'] as const;
export type Part = (typeof PARTS)[number];

/** All steps, in order: one for each chosen domain and each goal, so that there is never more than one question on the screen. */
export function stepsOf({ domains, goals }: Sitting): Step[] {
  return [
    { id: 'good', part: 'good' },
    { id: 'hard', part: 'hard' },
    { id: 'domains', part: 'domains' },
    ...domains.map((domain): Step => ({ id: `score-${domain}`, part: 'score', domain })),
    { id: 'goals', part: 'goals' },
    ...goals.map((goal): Step => ({ id: `who-${goal.id}`, part: 'who', goal })),
    { id: 'close', part: 'close' },
  ];
}

/** Where a sitting that was broken off goes on: at the last step that has something of today. */
export function resumeAt(sitting: Sitting): string {
  const { hard, answers, domains, goals, fresh, actions } = sitting;
  if (fresh) {
    const open = goals.find((goal) => !actions.some((action) => text(action, 'goal_id') === goal.id));
    return open ? `who-${open.id}` : 'close';
  }
  const scores = scoresOf(answers);
  const unanswered = domains.find((domain) => typeof scores[domain]?.level !== 'number');
  if (unanswered) return `score-${unanswered}`;
  if (domains.length > 0) return 'goals';
  if (answers) return 'domains';
  return hard.length > 0 ? 'hard' : 'good';
}
