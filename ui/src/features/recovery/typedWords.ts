import type { Words } from '../../i18n/I18n';
import { wordMeant, wordsIn } from '../join/words';
import { listed } from '../people/names';

/** Recovery words on a paper. */
const COUNT = 24;

/** What one can see to be wrong with typed recovery words without knowing which ones they are; none when they can be right. */
export function problemWith(text: string, { t, language }: Pick<Words, 't' | 'language'>): string | null {
  const words = wordsIn(text);
  if (words.length === 0) return t('recovery.words_missing');
  if (words.length !== COUNT) return t('recovery.words_count', { count: words.length, needed: COUNT });
  const unknown = words.flatMap((word, at) => (wordMeant(word) === null ? [String(at + 1)] : []));
  return unknown.length === 0 ? null : t('recovery.words_unknown', { count: unknown.length, places: listed(unknown, language) });
}

/** The words as the program reads them: without the numbers of the paper, each one whole. */
export function asTyped(text: string): string {
  return wordsIn(text)
    .map((word) => wordMeant(word) ?? word)
    .join(' ');
}
