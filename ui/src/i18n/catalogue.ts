import enAction from './en/action.json';
import enCli from './en/cli.json';
import enCommon from './en/common.json';
import enDate from './en/date.json';
import enDesktop from './en/desktop.json';
import enDossiers from './en/dossiers.json';
import enFault from './en/fault.json';
import enPlan from './en/plan.json';
import enShell from './en/shell.json';
import enStart from './en/start.json';
import enTerm from './en/term.json';
import enToday from './en/today.json';
import nlAction from './nl/action.json';
import nlCli from './nl/cli.json';
import nlCommon from './nl/common.json';
import nlDate from './nl/date.json';
import nlDesktop from './nl/desktop.json';
import nlDossiers from './nl/dossiers.json';
import nlFault from './nl/fault.json';
import nlPlan from './nl/plan.json';
import nlShell from './nl/shell.json';
import nlStart from './nl/start.json';
import nlTerm from './nl/term.json';
import nlToday from './nl/today.json';

/** The languages, each under its own name, first one first. */
export const LANGUAGES = { nl: 'Nederlands', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

const nl = {
  action: nlAction,
  cli: nlCli,
  common: nlCommon,
  date: nlDate,
  desktop: nlDesktop,
  dossiers: nlDossiers,
  fault: nlFault,
  plan: nlPlan,
  shell: nlShell,
  start: nlStart,
  term: nlTerm,
  today: nlToday,
};
type Catalogue = typeof nl;

const en: Catalogue = {
  action: enAction,
  cli: enCli,
  common: enCommon,
  date: enDate,
  desktop: enDesktop,
  dossiers: enDossiers,
  fault: enFault,
  plan: enPlan,
  shell: enShell,
  start: enStart,
  term: enTerm,
  today: enToday,
};

export const CATALOGUES: Record<Language, Catalogue> = { nl, en };

/** A sentence that depends on a number has one entry per plural form: `late_one`, `late_other`. */
type Base<K> = K extends `${infer B}_one` | `${infer B}_other` ? B : K;
export type Key = {
  [F in keyof Catalogue & string]: `${F}.${Base<keyof Catalogue[F] & string>}`;
}[keyof Catalogue & string];

export type Values = Record<string, string | number>;

/** Looks up a sentence; null when there is none under this key. */
export function lookUp(language: Language, key: string, values: Values = {}): string | null {
  const dot = key.indexOf('.');
  const file = CATALOGUES[language][key.slice(0, dot) as keyof Catalogue] as Record<string, string> | undefined;
  const name = key.slice(dot + 1);
  let sentence = file?.[name];
  if (sentence === undefined && typeof values.count === 'number') {
    const form = new Intl.PluralRules(language).select(values.count);
    sentence = file?.[`${name}_${form}`] ?? file?.[`${name}_other`];
  }
  if (sentence === undefined) return null;
  return sentence.replace(/\{(\w+)\}/g, (whole, slot: string) => String(values[slot] ?? whole));
}
