/**
 * The screens that show what a family holds, with another family in them: Sam's, with a guardian, a safety plan and
 * measures of a court. What a screen is like when it is enlarged, spaced out or mirrored, `screens.test.ts` sees.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutOff, inBothColours, type Screen, show, sticksOut, tooSmall } from './looks';
import { faults, launch, letIn, Person, screensFolder, settled } from './stage';

const FAMILY = readFileSync(fileURLToPath(new URL('../../crates/dossier-exchange/data/demo-sam.json', import.meta.url)), 'utf8');

let browser: Browser;
let sam: Person;
let ahmed: Person;
let lotte: Person;
let dossier: string;
let sections: string[] = [];

beforeAll(async () => {
  [browser, sam, ahmed, lotte] = await Promise.all([launch(), Person.named('Sam Oldenburg'), Person.named('Ahmed Bouzid'), Person.named('Lotte Veenstra')]);
  const card = await sam.ask({ method: 'demo_load', params: { file: FAMILY, owner: null } });
  dossier = card.id;
  sections = card.sections.map((section) => section.id);
  await letIn(sam, ahmed, [], { id: 'p-ahmed', name: 'Ahmed Bouzid' });
  await letIn(sam, lotte, [], { id: 'p-lotte', name: 'Lotte Veenstra' });
});

afterAll(async () => {
  await browser.close();
  for (const person of [sam, ahmed, lotte]) await person.leave();
});

const of = (who: () => Person, prefix: string) => (page: string): Screen => ({ name: `${prefix}-${page.replaceAll('/', '-')}`, of: who, hash: () => `#/d/${dossier}/${page}` });
const own = of(() => sam, 'sam');
const pressed = (name: string, page: string, button: RegExp): Screen => ({ ...own(page), name: `sam-${name}`, open: (shown) => shown.getByRole('button', { name: button }).first().click() });
const SECTIONS = ['verhaal', 'netwerk', 'gezondheid', 'geld', 'opvoeden', 'wonen', 'werk', 'veiligheid', 'documenten', 'crisis'];
const SCREENS: Screen[] = [
  ...['today', 'plan', 'agenda', 'notes', 'sections', 'access', 'invite', 'log', 'safety', 'leave', 'past', 'past/2026-11-02'].map(own),
  ...SECTIONS.map((section) => own(`section/${section}`)),
  ...['good', 'domains', 'goals', 'close'].map((step) => own(`table/${step}`)),
  { ...own('agenda'), name: 'sam-agenda-week', open: (page) => page.locator('input[type=radio][value=week]').check() },
  { ...own('plan'), name: 'sam-folds', open: unfold },
  pressed('looking', 'access', /^Kijk zoals Lotte|^Look as Lotte/),
  pressed('change', 'access', /^Verander wat|^Change what/),
  pressed('stop', 'access', /^Stop: /),
  pressed('history', 'section/crisis', /^Wie veranderde wat|^Who changed what/),
  { ...own('section/crisis'), name: 'sam-safety-form', open: (page) => page.getByRole('button', { name: /^Verander: |^Change: / }).last().click() },
  { name: 'sam-dossiers', of: () => sam, hash: () => '#/dossiers' },
  ...['today', 'plan', 'agenda', 'notes', 'sections', 'section/veiligheid'].map(of(() => lotte, 'guardian')),
  ...['today', 'plan', 'section/opvoeden'].map(of(() => ahmed, 'ahmed')),
];

/** Opens everything that is folded away. */
async function unfold(page: Page) {
  await page.evaluate(() => document.querySelectorAll<HTMLDetailsElement>('main details').forEach((fold) => (fold.open = true)));
}

it('shows every section that the family has', () => {
  expect(sections.filter((id) => !['plan', 'agenda', 'verslagen', ...SECTIONS].includes(id))).toEqual([]);
});

describe.each(SCREENS)('$name', (screen) => {
  it('has no barrier in two languages and colours, and fits 320 pixels', async () => {
    const page = await show(browser, screen, { calm: true });
    await inBothColours(page, screen.name, 'nl', ['light']);
    await page.evaluate(() => void (document.documentElement.dataset.theme = 'light'));
    await page.setViewportSize({ width: 320, height: 640 });
    await settled(page);
    await page.screenshot({ path: join(screensFolder(), `${screen.name}.320.png`), fullPage: true });
    expect(await sticksOut(page)).toEqual([]);
    expect(await tooSmall(page)).toEqual([]);
    expect(await cutOff(page)).toEqual([]);
    await page.context().close();
    const english = await show(browser, screen, { language: 'en' });
    await inBothColours(english, screen.name, 'en', ['dark']);
    await english.context().close();
    expect(faults.splice(0)).toEqual([]);
  });
});
