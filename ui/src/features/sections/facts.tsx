import { Fragment, type ReactNode } from 'react';
import type { ItemView } from '../../generated/ItemView';
import { useWords, type Words } from '../../i18n/I18n';
import type { Desk } from '../edit/items';
import { text } from '../edit/spec';
import { capital, firstName, namedAndOthers } from '../people/names';

/** Short facts under each other; what is not known is left out. */
export function Facts({ rows }: { rows: readonly (readonly [label: string, value: ReactNode])[] }) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (known.length === 0) return null;
  return (
    <dl className="kt-facts">
      {known.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What somebody wrote, with its lines as they wrote them. */
export function Written({ children }: { children: string }) {
  return (
    <p className="kt-written" dir="auto">
      {children.split('\n').map((line, index) => (
        <Fragment key={index}>
          {index > 0 ? <br /> : null}
          {line}
        </Fragment>
      ))}
    </p>
  );
}

/** The name behind an id of a person or an organisation; null when the reader may not know it. */
export function nameOf(desk: Desk, id: string | null): string | null {
  if (id === null) return null;
  return [...desk.people, ...desk.organisations].find((one) => one.id === id)?.name ?? null;
}

/** First names in a row, with "u" for the reader, who comes first. */
export function namesOf(desk: Desk, ids: readonly string[], words: Words): string {
  const [own, others] = [ids.filter((id) => id === desk.me), ids.filter((id) => id !== desk.me)];
  return namedAndOthers(
    [...own, ...others].map((id) => {
      if (id === desk.me) return words.t('action.you');
      const name = nameOf(desk, id);
      return name !== null && desk.people.some((person) => person.id === id) ? firstName(name) : name;
    }),
    words,
  );
}

/** Kinds whose own words say the day already. */
const DATED = new Set(['documents', 'requests', 'decisions', 'timeline_before_dossier', 'assessments', 'court_measures', 'health.medications', 'health.measurements', 'flags']);

/** Before the organisation from whose system something was taken. */
const IMPORTED = /^import:/;

/** Who said it and when, and where it was taken from: every fact shows that. */
export function Source({ item, desk }: { item: ItemView; desk: Desk }) {
  const words = useWords();
  const { t, dates } = words;
  const { author, author_name, source, date } = item.provenance;
  const said: string[] = [];
  if (author) said.push(t('sections.by', { name: author === desk.me ? t('action.you') : (author_name ?? nameOf(desk, author) ?? t('common.unknown_person')) }));
  if (source && source !== 'ingevoerd' && source !== author) said.push(t('sections.source', { name: nameOf(desk, source.replace(IMPORTED, '')) ?? source.replace(IMPORTED, '') }));
  if (source === 'ingevoerd') said.push(t('sections.brought_along'));
  if (date && !DATED.has(item.kind) && !desk.people.some((person) => person.id === date)) said.push(said.length > 0 ? dates.known(date) : t('sections.dated', { day: dates.known(date) }));
  if (item.contribution) said.push(t('action.proposal'));
  return said.length > 0 ? <p className="kt-source">{capital(said.join(' · '))}</p> : null;
}

/** A day in words; a month or a year where no more is known. */
export function dayWords(value: string | null, desk: Desk, { dates }: Words): string | null {
  if (value === null) return null;
  return /^\d{4}-\d{2}-\d{2}/.test(value) ? dates.day(value.slice(0, 10), desk.today) : dates.known(value);
}

export function title(item: ItemView, ...paths: string[]): string {
  for (const path of paths) {
    const found = text(item, path);
    if (found) return found;
  }
  return '';
}
