/** Gone at once, and shut after a while: through the pages and the program behind them, keys and all. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { faults, launch, Person, settled } from './stage';

const PASSPHRASE = 'een tafel met vier stoelen';
const GOAL = 'Rust in de ochtend';
const MINUTE = 60_000;

let browser: Browser;
let lisa: Person;
let id: string;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await lisa.leave();
  expect(faults.splice(0)).toEqual([]);
});

/** Her plan, with a goal half typed. */
async function typing(clock: boolean): Promise<Page> {
  lisa = await Person.named('Lisa Verhagen');
  id = (await lisa.ask({ method: 'dossier_new', params: { title: null } })).id;
  await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title: GOAL, status: 'bezig' } } });
  const page = await lisa.look(browser, `#/d/${id}/plan`, { clock });
  await settled(page);
  await page.getByRole('button', { name: 'Nieuw doel' }).click();
  await page.getByLabel('Wat wilt u bereiken?').fill('Ik durf de post open te maken');
  return page;
}

/** Nothing of hers stands on the page, seen or unseen. */
async function shows_nothing(page: Page) {
  const all = await page.evaluate(() => `${document.documentElement.outerHTML} ${[...document.querySelectorAll<HTMLInputElement>('input, textarea')].map((one) => one.value).join(' ')}`);
  for (const hers of [GOAL, 'Ik durf de post', 'Lisa']) expect(all).not.toContain(hers);
}

async function unlock(page: Page) {
  await page.getByLabel('Uw wachtzin').fill(PASSPHRASE);
  await page.keyboard.press('Enter');
  await page.getByText(GOAL).waitFor();
  await page.getByText(/^U was iets aan het typen/).waitFor();
  await page.getByRole('button', { name: 'Nieuw doel' }).click();
  expect(await page.getByLabel('Wat wilt u bereiken?').inputValue()).toBe('Ik durf de post open te maken');
}

it.each(['the button', 'Escape twice'])('is gone at once with %s, and what was typed is there for who comes back', async (way) => {
  const page = await typing(false);
  const ended = lisa.ended();
  if (way === 'the button') await page.getByRole('button', { name: 'Sluit snel' }).click();
  else {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
  }
  await shows_nothing(page);
  // The program itself is gone, and its keys with it.
  await ended;
  await shows_nothing(page);
  await lisa.start({ locked: true });
  await expect(lisa.ask({ method: 'today', params: { dossier: id } })).rejects.toThrow('locked');
  const again = await lisa.look(browser, `#/d/${id}/plan`);
  await unlock(again);
});

it('locks after ten minutes without a sign of life, not before, and opens on the same page', async () => {
  const page = await typing(true);
  const open = () => lisa.ask({ method: 'today', params: { dossier: id } }).then(
    () => true,
    () => false,
  );
  await page.clock.fastForward(9 * MINUTE);
  expect(await open()).toBe(true);
  await page.mouse.move(500, 300);
  await page.clock.fastForward(9 * MINUTE);
  expect(await open()).toBe(true);
  await page.clock.fastForward(2 * MINUTE);
  await page.getByLabel('Uw wachtzin').waitFor();
  await shows_nothing(page);
  await expect(lisa.ask({ method: 'today', params: { dossier: id } })).rejects.toThrow('locked');
  await page.getByLabel('Uw wachtzin').fill('niet de goede');
  await page.keyboard.press('Enter');
  await page.getByText(/^Deze wachtzin klopt niet\./).waitFor();
  expect(await open()).toBe(false);
  await unlock(page);
});
