/**
 * A plan of 5,000 steps and 200 dossiers. Asserts how much is drawn and asked, which is the same on every machine; how
 * long it took, from a tap to the next picture, stands in the table that it prints.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, Person, settled } from './stage';

const [GOALS, STEPS, DOSSIERS] = [100, 50, 200];
/** The most that a page may draw at once, whatever it is about. */
const MOST_NODES = 12_000;

let browser: Browser;
let lisa: Person;
let dossier: string;
const rows: string[] = [];
/** No page may take longer to react to a tap, in milliseconds; on a machine that does nothing else. */
const BAR = 100;
let slowest = { what: 'nothing', took: 0 };

/** The demo family with a very long plan. */
function longFamily(): string {
  const family = JSON.parse(readFileSync(fileURLToPath(new URL('../../crates/dossier-exchange/data/demo-lisa.json', import.meta.url)), 'utf8')) as Record<string, Record<string, unknown>[]>;
  const [goal, step] = [family.goals?.[0], family.actions?.[0]];
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  family.goals = numbers(GOALS).map((at) => ({ ...goal, id: `g-${at}`, title: `Doel nummer ${at}` }));
  family.actions = numbers(GOALS * STEPS).map((at) => ({ ...step, id: `t-${at}`, goal_id: `g-${Math.floor(at / STEPS)}`, text: `Stap nummer ${at}`, status: 'open', updates: [] }));
  return JSON.stringify(family);
}

beforeAll(async () => {
  [browser, lisa] = await Promise.all([launch(), Person.named('Lisa Verhagen')]);
  const begun = performance.now();
  dossier = (await lisa.ask({ method: 'demo_load', params: { file: longFamily(), owner: null } })).id;
  console.log(`a family with ${GOALS * STEPS} steps, taken in: ${Math.round(performance.now() - begun)} ms`);
}, 600_000);
afterAll(async () => {
  await browser.close();
  await lisa.leave();
  console.log(['what | nodes | requests | tap to picture (ms) | tap to complete (ms)', ...rows, `the slowest picture after a tap: ${slowest.what}, ${slowest.took} ms; the bar is ${BAR} ms`].join('\n'));
});

/** Does something, and tells what it took. */
async function took(page: Page, what: string, act: () => Promise<void>, complete: () => Promise<unknown>) {
  let requests = 0;
  const count = (request: { url(): string }) => void (requests += request.url().endsWith('/rpc') ? 1 : 0);
  page.on('request', count);
  await page.evaluate(() => {
    const held = window as unknown as { longest: number };
    held.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) held.longest = Math.max(held.longest, entry.duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const begun = performance.now();
  await act();
  await complete();
  const all = Math.round(performance.now() - begun);
  await page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  page.off('request', count);
  const [nodes, longest] = await page.evaluate(() => [document.querySelectorAll('*').length, (window as unknown as { longest: number }).longest]);
  if (longest > slowest.took) slowest = { what, took: longest };
  rows.push(`${what} | ${nodes} | ${requests} | ${longest === 0 ? '< 16' : longest} | ${all}`);
  return { nodes, requests };
}

it('draws what is near and asks for what changed, in a plan of 5,000 steps', async () => {
  const page = await lisa.look(browser, `#/d/${dossier}/today`);
  await settled(page);
  const link = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true });
  for (const [name, title] of [
    ['Plan', /./],
    ['Agenda', 'Agenda'],
    ['Verslagen', /./],
    ['Mijn dossier', 'Mijn dossier'],
    ['Wie kijkt mee', 'Wie kijkt mee'],
    ['Wie keek er', /./],
    ['Veilig bewaard', /./],
    ['Vandaag', /Lisa/],
    ['Plan', /./],
  ] as const) {
    const { nodes, requests } = await took(
      page,
      name,
      () => link(name).click(),
      async () => {
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
        await settled(page);
      },
    );
    expect([name, nodes < MOST_NODES ? 'few' : nodes]).toEqual([name, 'few']);
    expect([name, requests <= 6 ? 'few' : requests]).toEqual([name, 'few']);
  }
  const scrolled = await took(
    page,
    'to the end',
    async () => {
      await page.mouse.move(600, 400);
      for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 2_000);
    },
    () => settled(page),
  );
  expect(scrolled.requests).toBe(0);
  expect(scrolled.nodes).toBeLessThan(MOST_NODES);
  await took(
    page,
    'back to the top',
    () => page.mouse.wheel(0, -100_000),
    () => settled(page),
  );
  const first = page.getByRole('checkbox').first();
  await first.scrollIntoViewIfNeeded();
  await settled(page);
  const ticked = await took(
    page,
    'a step done',
    () => first.check({ force: true }),
    () => page.getByRole('status').getByText(/^Gedaan/).waitFor(),
  );
  expect(ticked.requests).toBeLessThanOrEqual(5);
  await page.context().close();
});

it('lists 200 dossiers', async () => {
  const begun = performance.now();
  for (let made = 1; made < DOSSIERS; made += 1) await lisa.ask({ method: 'dossier_new', params: { title: `Dossier ${made}` } });
  console.log(`${DOSSIERS} dossiers, made: ${Math.round(performance.now() - begun)} ms`);
  const page = await lisa.look(browser, `#/d/${dossier}/today`);
  await settled(page);
  const { nodes, requests } = await took(page, `${DOSSIERS} dossiers`, () => page.getByRole('link', { name: 'Alle dossiers' }).click(), () => page.getByRole('heading', { level: 1, name: 'Uw dossiers' }).waitFor());
  expect(nodes).toBeLessThan(MOST_NODES);
  expect(requests).toBeLessThanOrEqual(2);
  await page.context().close();
}, 600_000);
