import { TICKET_WORDS } from '../../generated/ticketWords';

/** Words that fetch an invitation. */
export const COUNT = 8;
/** Words that are offered while somebody types. */
const OFFERED = 8;

/** The words in a text, with anything but letters between them, as the program reads them. */
export function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}

/** Words of the list that begin so. */
export function beginningWith(typed: string): string[] {
  const beginning = typed.trim().toLowerCase();
  return beginning === '' ? [] : TICKET_WORDS.filter((word) => word.startsWith(beginning)).slice(0, OFFERED);
}

/** The word of the list that was meant; null when there is none, or more than one. */
export function wordMeant(typed: string): string | null {
  const found = beginningWith(typed);
  return found.find((word) => word === typed.trim().toLowerCase()) ?? (found.length === 1 ? (found[0] ?? null) : null);
}
