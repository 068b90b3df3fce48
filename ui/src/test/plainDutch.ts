/**
 * What plain Dutch (level B1) asks of every sentence of ours: short sentences, short words, no words of the trade, and
 * somebody who does it. The numbers and lists are in `plainDutch.json`. Used by the tests over the catalogue; it never
 * judges what people write.
 */
import RULES from './plainDutch.json';

const FORBIDDEN: Readonly<Record<string, string>> = RULES.forbidden;
const SEVERAL_WORDS = Object.keys(FORBIDDEN).filter((words) => words.includes(' '));
const NOT_PARTICIPLES = new Set(RULES.not_participles);
/** "Wordt gedaan" hides who does it. "Is gedaan" says how it stands now, which is what a message has to say. */
const PASSIVE = new Set(['wordt', 'worden', 'werd', 'werden']);

/** Sentences that break a rule on purpose, each with why. */
export const EXCEPTIONS: readonly { key: string; about: string; reason: string }[] = RULES.exceptions;

function isParticiple(word: string): boolean {
  return !NOT_PARTICIPLES.has(word) && /^(?:\p{L}{0,5}ge|be|ver|ont|her|mis)\p{L}{2,}(?:d|t|en)$/u.test(word);
}

/** Says what is not plain about a sentence of ours; nothing when it is. */
export function plainDutchProblems(text: string): string[] {
  const problems: string[] = [];
  for (const sentence of text.split(/[.?!:]+(?:\s+|$)/).filter((part) => part.trim() !== '')) {
    const raw = sentence.trim().split(/\s+/);
    if (raw.length > RULES.most_words) problems.push(`${raw.length} woorden`);
    // A flag of the command line is typed, not read.
    const words = raw.filter((word) => !word.startsWith('--')).map((word) => word.toLocaleLowerCase('nl').replace(/[^\p{L}-]/gu, ''));
    for (const word of words) {
      const instead = FORBIDDEN[word];
      if (instead !== undefined) problems.push(`${word}: schrijf ${instead}`);
      else if (RULES.jargon_inside.some((part) => word.includes(part))) problems.push(`${word}: vaktaal`);
      if (word.length > RULES.longest_word) problems.push(`lang woord ${word}`);
    }
    const line = ` ${words.join(' ')} `;
    for (const several of SEVERAL_WORDS) if (line.includes(` ${several} `)) problems.push(`${several}: schrijf ${FORBIDDEN[several]}`);
    const passive = words.find((word) => PASSIVE.has(word));
    if (passive && words.some(isParticiple)) problems.push(`${passive} … ${words.find(isParticiple)}: zeg wie het doet`);
  }
  return problems;
}
