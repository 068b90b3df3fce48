import type { Key } from '../../i18n/catalogue';
import type { Question } from '../edit/spec';

const DOMAINS = ['financien', 'werk_opleiding', 'tijdsbesteding', 'huisvesting', 'huiselijke_relaties', 'geestelijke_gezondheid', 'lichamelijke_gezondheid', 'middelengebruik', 'basale_adl', 'instrumentele_adl', 'sociaal_netwerk', 'maatschappelijke_participatie', 'opvoeden', 'veiligheid'] as const;

export const GOAL: readonly Question[] = [
  { name: 'title', as: 'text', label: 'plan.add_goal_text', hint: 'plan.add_goal_hint', required: true },
  { name: 'why', as: 'long', label: 'plan.add_goal_why' },
  { name: 'measure', as: 'long', label: 'plan.measure_question' },
  { name: 'target_date', as: 'day', label: 'plan.target' },
  { name: 'domain', as: 'pick', label: 'plan.domain', options: DOMAINS.map((domain) => ({ value: domain, label: `term.domain.${domain}` as Key })) },
  { name: 'status', as: 'choice', label: 'plan.status', options: (['nieuw', 'bezig', 'gehaald', 'gestopt'] as const).map((status) => ({ value: status, label: `term.goal_status.${status}` as Key })) },
];

export const ACTION: readonly Question[] = [
  { name: 'text', as: 'text', label: 'plan.add_action_text', required: true },
  { name: 'who', as: 'people', label: 'plan.who' },
  { name: 'due', as: 'day', label: 'plan.add_action_due' },
  { name: 'status', as: 'choice', label: 'plan.status', options: (['open', 'gepland', 'bezig', 'klaar', 'gestopt'] as const).map((status) => ({ value: status, label: `term.action_status.${status}` as Key })) },
];
