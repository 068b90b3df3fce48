import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Words that mean a side of the screen. Beginning and end follow the direction of the script; left and right do not. */
const SIDES = /(?:margin|padding|border|inset)-(?:left|right)|(?:^|[\s;{])(?:left|right|float)\s*:|text-align\s*:\s*(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius/;

function sided(css: string): string[] {
  return css.split('\n').filter((line) => SIDES.test(line)).map((line) => line.trim());
}

it('has no style that keeps to the left or the right, so that a script from right to left turns every page', () => {
  const found = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.css'))
    .flatMap((name) => sided(readFileSync(join(import.meta.dirname, name), 'utf8')).map((line) => `${name}: ${line}`));
  expect(found).toEqual([]);
});

it.each(['  margin-left: 1rem;', '  left: 0;', '  text-align: right;', 'a { float: left; }', '  border-top-left-radius: 3px;'])('would find "%s"', (line) => {
  expect(sided(line)).toHaveLength(1);
});
