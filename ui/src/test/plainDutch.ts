/**
 * What plain Dutch (level B1) asks of every sentence of ours. Used by the tests over the catalogue; it
 * never judges what people write.
 */
const MOST_WORDS = 20;
const LONGEST_WORD = 17;

/** Words of the trade, and what people say instead. */
const FORBIDDEN: Record<string, string> = {
  casus: 'uw vraag',
  casuïstiek: 'uw vraag',
  indicatie: 'besluit',
  beschikking: 'besluit',
  regie: 'overzicht houden',
  regisseur: 'wie overzicht houdt',
  cliënt: 'u',
  client: 'u',
  burger: 'u',
  zelfredzaamheid: 'hoe het met u gaat',
  participatie: 'meedoen',
  traject: 'hulp',
  interventie: 'hulp',
  problematiek: 'problemen',
  conform: 'zoals',
  middels: 'met',
  dient: 'moet',
  dienen: 'moeten',
  tevens: 'ook',
  echter: 'maar',
  teneinde: 'om',
  inzake: 'over',
  betreffende: 'over',
  reeds: 'al',
  gaarne: 'graag',
  indien: 'als',
  je: 'u',
  jij: 'u',
  jou: 'u',
  jouw: 'uw',
};


/** Says what is not plain about a sentence of ours; nothing when it is. */
export function plainDutchProblems(text: string): string[] {
  const problems: string[] = [];
  for (const sentence of text.split(/[.?!:]+(?:\s+|$)/).filter((part) => part.trim() !== '')) {
    const words = sentence.trim().split(/\s+/);
    if (words.length > MOST_WORDS) problems.push(`${words.length} woorden`);
    for (const raw of words) {
      const word = raw.toLocaleLowerCase('nl').replace(/[^\p{L}-]/gu, '');
      const instead = FORBIDDEN[word];
      if (instead !== undefined) problems.push(`${word}: schrijf ${instead}`);
      if (word.length > LONGEST_WORD) problems.push(`lang woord ${word}`);
    }
    const passive = /\b(wordt|worden|werd|werden)\b.*\bdoor\b/i.exec(sentence);
    if (passive) problems.push(`${passive[1]} … door: zeg wie het doet`);
  }
  return problems;
}
