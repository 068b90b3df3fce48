import { createContext, type ReactNode, use, useCallback, useEffect, useMemo } from 'react';
import { TooLong } from '../components/Field';
import { type Key, type Language, LANGUAGES, lookUp, type Values } from './catalogue';
import { Dates } from './dates';

export interface Words {
  language: Language;
  /** A sentence of ours. */
  t: (key: Key, values?: Values) => string;
  /** The word for a term of the field, such as a role; the term itself when we have no word for it. */
  term: (group: TermGroup, id: string) => string;
  dates: Dates;
}

export type TermGroup = 'deed' | 'domain' | 'field' | 'goal_status' | 'action_status' | 'place' | 'letter' | 'level' | 'relation' | 'right' | 'role' | 'section' | 'sees' | 'strength' | 'zrm';

const I18nContext = createContext<Words | null>(null);

export function I18nProvider({ language, children }: { language: Language; children: ReactNode }) {
  const words = useMemo<Words>(() => {
    const t = (key: Key, values?: Values) => lookUp(language, key, values) ?? key;
    return {
      language,
      t,
      term: (group, id) => lookUp(language, `term.${group}.${id}`) ?? id.replaceAll('_', ' '),
      dates: new Dates(language, t),
    };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const tooLong = useCallback((by: number, most: number) => words.t('common.paste_too_long', { by: by.toLocaleString(language), most: most.toLocaleString(language) }), [words, language]);
  return (
    <I18nContext value={words}>
      <TooLong value={tooLong}>{children}</TooLong>
    </I18nContext>
  );
}

/** Name of a section: the resident's own; ours, in the language of the reader, also where a family brought it along in Dutch. */
export function sectionName({ id, label }: { id: string; label?: string | null }, { term }: Pick<Words, 'term'>): string {
  return !label || label === lookUp('nl', `term.section.${id}`) ? term('section', id) : label;
}

export function useWords(): Words {
  const words = use(I18nContext);
  if (!words) throw new Error('I18nProvider is missing');
  return words;
}

export { LANGUAGES, type Language };
