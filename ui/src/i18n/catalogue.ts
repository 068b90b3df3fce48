import enAccess from './en/access.json';
import enAction from './en/action.json';
import enAgenda from './en/agenda.json';
import enAttach from './en/attach.json';
import enCli from './en/cli.json';
import enCommon from './en/common.json';
import enCorrection from './en/correction.json';
import enCrisis from './en/crisis.json';
import enDate from './en/date.json';
import enDesktop from './en/desktop.json';
import enDossiers from './en/dossiers.json';
import enEdit from './en/edit.json';
import enFault from './en/fault.json';
import enHistory from './en/history.json';
import enLock from './en/lock.json';
import enJoin from './en/join.json';
import enLog from './en/log.json';
import enLooking from './en/looking.json';
import enNotes from './en/notes.json';
import enPaper from './en/paper.json';
import enPeople from './en/people.json';
import enPlan from './en/plan.json';
import enPrint from './en/print.json';
import enRecovery from './en/recovery.json';
import enSafety from './en/safety.json';
import enSections from './en/sections.json';
import enShell from './en/shell.json';
import enStart from './en/start.json';
import enTable from './en/table.json';
import enTerm from './en/term.json';
import enTeam from './en/team.json';
import enToday from './en/today.json';
import enUnlock from './en/unlock.json';
import nlAccess from './nl/access.json';
import nlAction from './nl/action.json';
import nlAgenda from './nl/agenda.json';
import nlAttach from './nl/attach.json';
import nlCli from './nl/cli.json';
import nlCommon from './nl/common.json';
import nlCorrection from './nl/correction.json';
import nlCrisis from './nl/crisis.json';
import nlDate from './nl/date.json';
import nlDesktop from './nl/desktop.json';
import nlDossiers from './nl/dossiers.json';
import nlEdit from './nl/edit.json';
import nlFault from './nl/fault.json';
import nlHistory from './nl/history.json';
import nlLock from './nl/lock.json';
import nlJoin from './nl/join.json';
import nlLog from './nl/log.json';
import nlLooking from './nl/looking.json';
import nlNotes from './nl/notes.json';
import nlPaper from './nl/paper.json';
import nlPeople from './nl/people.json';
import nlPlan from './nl/plan.json';
import nlPrint from './nl/print.json';
import nlRecovery from './nl/recovery.json';
import nlSafety from './nl/safety.json';
import nlSections from './nl/sections.json';
import nlShell from './nl/shell.json';
import nlStart from './nl/start.json';
import nlTable from './nl/table.json';
import nlTerm from './nl/term.json';
import nlTeam from './nl/team.json';
import nlToday from './nl/today.json';
import nlUnlock from './nl/unlock.json';

/** The languages, each under its own name, first one first. */
export const LANGUAGES = { nl: 'Nederlands', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

const nl = {
  access: nlAccess,
  action: nlAction,
  agenda: nlAgenda,
  attach: nlAttach,
  cli: nlCli,
  common: nlCommon,
  correction: nlCorrection,
  crisis: nlCrisis,
  date: nlDate,
  desktop: nlDesktop,
  dossiers: nlDossiers,
  edit: nlEdit,
  fault: nlFault,
  history: nlHistory,
  lock: nlLock,
  join: nlJoin,
  log: nlLog,
  looking: nlLooking,
  notes: nlNotes,
  paper: nlPaper,
  people: nlPeople,
  plan: nlPlan,
  print: nlPrint,
  recovery: nlRecovery,
  safety: nlSafety,
  sections: nlSections,
  shell: nlShell,
  start: nlStart,
  table: nlTable,
  term: nlTerm,
  team: nlTeam,
  today: nlToday,
  unlock: nlUnlock,
};
type Catalogue = typeof nl;

const en: Catalogue = {
  access: enAccess,
  action: enAction,
  agenda: enAgenda,
  attach: enAttach,
  cli: enCli,
  common: enCommon,
  correction: enCorrection,
  crisis: enCrisis,
  date: enDate,
  desktop: enDesktop,
  dossiers: enDossiers,
  edit: enEdit,
  fault: enFault,
  history: enHistory,
  lock: enLock,
  join: enJoin,
  log: enLog,
  looking: enLooking,
  notes: enNotes,
  paper: enPaper,
  people: enPeople,
  plan: enPlan,
  print: enPrint,
  recovery: enRecovery,
  safety: enSafety,
  sections: enSections,
  shell: enShell,
  start: enStart,
  table: enTable,
  term: enTerm,
  team: enTeam,
  today: enToday,
  unlock: enUnlock,
};

export const CATALOGUES: Record<Language, Catalogue> = { nl, en };

/** A sentence that depends on a number has one entry per plural form: `late_one`, `late_other`. */
type Base<K> = K extends `${infer B}_one` | `${infer B}_other` ? B : K;
export type Key = {
  [F in keyof Catalogue & string]: `${F}.${Base<keyof Catalogue[F] & string>}`;
}[keyof Catalogue & string];

export type Values = Record<string, string | number>;

/** Made once: making one takes longer than a whole row of a list. */
const PLURALS: Record<Language, Intl.PluralRules> = { nl: new Intl.PluralRules('nl'), en: new Intl.PluralRules('en') };

/** Looks up a sentence; null when there is none under this key. */
export function lookUp(language: Language, key: string, values: Values = {}): string | null {
  const dot = key.indexOf('.');
  const file = CATALOGUES[language][key.slice(0, dot) as keyof Catalogue] as Record<string, string> | undefined;
  const name = key.slice(dot + 1);
  let sentence = file?.[name];
  if (sentence === undefined && typeof values.count === 'number') {
    const form = PLURALS[language].select(values.count);
    sentence = file?.[`${name}_${form}`] ?? file?.[`${name}_other`];
  }
  if (sentence === undefined) return null;
  return sentence.replace(/\{(\w+)\}/g, (whole, slot: string) => String(values[slot] ?? whole));
}
