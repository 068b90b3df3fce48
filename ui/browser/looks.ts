/** What is looked at on a screen: barriers that axe finds, what sticks out, is too small or cut off; and a picture of it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Look, type Person, screensFolder, settled } from './stage';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A screen: whose, where, and what is pressed before it is as meant. */
export interface Screen {
  name: string;
  of: () => Person;
  hash: () => string;
  open?: (page: Page) => Promise<void>;
}

/** Opens a screen and does what belongs to it. */
export async function show(browser: Browser, screen: Screen, look: Look): Promise<Page> {
  const page = await screen.of().look(browser, screen.hash(), look);
  await settled(page);
  await screen.open?.(page);
  await settled(page);
  return page;
}

/** What axe finds. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly: rules });
    return found.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.any.map((one) => one.message).join(' ')}`));
  }, RULES);
}

/** Everything that reaches past the side of the window. */
export function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    const past = [...document.querySelectorAll('body *')].filter((one) => {
      const { right, left } = one.getBoundingClientRect();
      return right > wide + 1 || left < -1;
    });
    return past.map((one) => `${one.tagName.toLowerCase()}.${one.className} ${Math.round(one.getBoundingClientRect().right)} of ${wide}`).concat(`${document.documentElement.scrollWidth} of ${wide}`);
  });
}

/** Buttons, links and fields that a finger would miss: smaller than 44 by 44, unless they stand in running text. */
export function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a, input:not(.kt-file), .kt-file + label, select, textarea, summary')]
      .map((one) => (one instanceof HTMLInputElement && (one.type === 'checkbox' || one.type === 'radio') ? (one.closest('label') ?? one) : one))
      .filter((one) => one.offsetParent !== null && !one.closest('.nl-skip-link, p, h1, h2, h3, h4') && one.getBoundingClientRect().height < 43.5)
      .map((one) => `${one.tagName.toLowerCase()}.${one.className} «${one.textContent?.trim().slice(0, 40)}» ${Math.round(one.getBoundingClientRect().width)}×${Math.round(one.getBoundingClientRect().height)}`),
  );
}

/** Text that a box cuts off. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('body *')]
      // One pixel wide is there for who listens, not for who looks.
      .filter((one) => one.offsetParent !== null && one.clientWidth > 1 && !one.closest('.kt-hidden, .nl-skip-link, svg, textarea') && one.innerText?.trim() !== '')
      .filter((one) => {
        const { overflowX, overflowY } = getComputedStyle(one);
        const [x, y] = [overflowX, overflowY].map((how) => how === 'hidden' || how === 'clip');
        return (x && one.scrollWidth > one.clientWidth + 1) || (y && one.scrollHeight > one.clientHeight + 1);
      })
      .map((one) => `${one.tagName.toLowerCase()}.${one.className} «${one.innerText.slice(0, 40)}»`),
  );
}

/** As wide apart as a reader may set letters, words and lines (WCAG 1.4.12). */
export function spaceOut(page: Page): Promise<void> {
  return page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }');
    document.adoptedStyleSheets = [sheet];
  });
}

const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Pictures of a screen in both colours, and its barriers in `judged`. */
export async function inBothColours(page: Page, name: string, language: string, judged: readonly Theme[] = THEMES) {
  for (const theme of THEMES) {
    await page.evaluate(async (colours) => {
      document.documentElement.dataset.theme = colours;
      await Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished));
    }, theme);
    await page.screenshot({ path: join(screensFolder(), `${name}.${language}.${theme}.png`), fullPage: true });
    if (judged.includes(theme)) expect(await barriers(page)).toEqual([]);
  }
  expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
}
