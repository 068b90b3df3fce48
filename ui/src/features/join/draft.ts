import type { OfferView } from '../../generated/OfferView';
import { COUNT } from './words';

/** The six questions of the information card, under the names by which they travel. */
export const QUESTIONS = ['WIE', 'WAT', 'WELKE', 'WAAR', 'MET_WIE', 'WAAROM'] as const;
export type Question = (typeof QUESTIONS)[number];

/** In which form somebody has the invitation. */
export type Way = 'text' | 'words' | 'picture';

/** What somebody filled in so far. */
export interface Draft {
  way: Way;
  ticket: string;
  /** Eight of them, as far as typed. */
  words: readonly string[];
  /** Where the other program is, for who has no internet. */
  address: string;
  /** What words brought: they work once, and looking at the invitation may have to be tried again. */
  fetched: { words: string; ticket: string } | null;
  /** What the ticket offers, once the other program said so. */
  offer: OfferView | null;
  /** Null until somebody chose: then the profile says it. */
  work: boolean | null;
  /** For the whole team of this computer. */
  team: boolean;
  name: string | null;
  organisation: string | null;
  function: string | null;
  answers: Readonly<Partial<Record<Question, string>>>;
}

const NO_WORDS: readonly string[] = Array<string>(COUNT).fill('');

export const EMPTY: Draft = { way: 'text', ticket: '', words: NO_WORDS, address: '', fetched: null, offer: null, work: null, team: false, name: null, organisation: null, function: null, answers: {} };

/** Another invitation; what was typed on the card holds for it too. */
export function another(draft: Draft): Draft {
  return { ...draft, ticket: '', words: NO_WORDS, fetched: null, offer: null, team: false };
}
