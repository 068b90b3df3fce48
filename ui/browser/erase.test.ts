/** Taking something out for good, with somebody who looks along. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faults, launch, letIn, Person, settled } from './stage';

const [KEPT, GONE] = ['Rust in de ochtend', 'Stoppen met drinken'];

let browser: Browser;
let lisa: Person;
let karin: Person;

beforeAll(async () => {
  [browser, lisa, karin] = await Promise.all([launch(), Person.named('Lisa Verhagen'), Person.named('Karin de Wit')]);
});
afterAll(async () => {
  await browser.close();
  for (const person of [lisa, karin]) await person.leave();
});

it('is gone from both pages after two taps, and no step back brings it back', async () => {
  const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
  const goal = async (title: string) => (await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title, status: 'bezig' } } })).ids[0] ?? '';
  await goal(KEPT);
  const gone = await goal(GONE);
  await letIn(lisa, karin, ['plan=aanpassen'], { name: 'Karin de Wit' });
  const [mine, hers] = [await lisa.look(browser, `#/d/${id}/plan`), await karin.look(browser, `#/d/${id}/plan`)];
  await hers.getByRole('heading', { level: 2, name: GONE }).waitFor();
  await settled(mine);
  await mine.getByRole('button', { name: `Verander: ${GONE}` }).click();
  await mine.getByText('Voorgoed weghalen', { exact: true }).click();
  await mine.getByRole('button', { name: /^Ik wil dit voorgoed weghalen/ }).click();
  await mine.getByRole('button', { name: 'Haal het voorgoed weg' }).click();
  await mine.getByRole('status').getByText(`Voorgoed weggehaald: ${GONE}`).waitFor();
  for (const page of [mine, hers]) {
    await page.getByRole('heading', { level: 2, name: GONE }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { level: 2, name: KEPT }).waitFor();
  }
  // Whatever is taken back after this, it stays away.
  for (let step = 0; step < 4; step += 1) await lisa.ask({ method: 'undo', params: { dossier: id } }).catch(() => null);
  await expect(lisa.ask({ method: 'history', params: { dossier: id, id: gone } })).rejects.toThrow('not_found');
  const { goals } = await lisa.ask({ method: 'plan', params: { dossier: id } });
  expect(goals.map((one) => one.title)).not.toContain(GONE);
  expect((await lisa.ask({ method: 'verify' }))?.ok).toBe(true);
  expect(faults.splice(0)).toEqual([]);
});
