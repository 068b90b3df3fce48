/** What people put into fields: nothing, far too much, other scripts, markup, far-off days. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { faults, launch, Person } from './stage';

let browser: Browser;
let lisa: Person;
let dossier: string;
let page: Page;

beforeAll(async () => {
  [browser, lisa] = await Promise.all([launch(), Person.named('Lisa Verhagen')]);
  dossier = (await lisa.ask({ method: 'dossier_new', params: { title: null } })).id;
});
afterAll(async () => {
  await browser.close();
  await lisa.leave();
});
afterEach(async () => {
  await page.context().close();
  expect(faults.splice(0)).toEqual([]);
});

const button = (name: string) => page.getByRole('button', { name, exact: true });

/** Pastes as a person does: what came from elsewhere has a plain and a marked-up form. */
async function paste(plain: string, html: string | null = null) {
  await page.evaluate(
    ([text, marked]) => {
      const clip = new DataTransfer();
      clip.setData('text/plain', text ?? '');
      if (marked) clip.setData('text/html', marked);
      const field = document.activeElement as HTMLTextAreaElement;
      const taken = !field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: clip, bubbles: true, cancelable: true }));
      // Only a trusted event types by itself; a page that does not want to paste says so by cancelling.
      if (!taken) document.execCommand('insertText', false, text ?? '');
    },
    [plain, html],
  );
}

async function writeGoal(title: () => Promise<void>) {
  page = await lisa.look(browser, `#/d/${dossier}/plan`);
  await button('Nieuw doel').click();
  await page.getByLabel('Wat wilt u bereiken?').focus();
  await title();
  await button('Bewaar dit doel').click();
}

it('asks for what is missing and keeps the form', async () => {
  await writeGoal(() => page.keyboard.type('   '));
  await page.getByText('Vul dit in.').waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
});

it.each([
  ['signs', 'Rust 🧘🏽‍♀️ en 👨‍👩‍👧 samen'],
  ['another script', 'أريد أن أنام جيدًا 12 مرة'],
  ['both directions', 'Plan (خطة) voor 2026'],
  ['something like code', '{name} ${t} <script>alert(1)</script> & "quotes" \\ %s'],
])('keeps %s as it was typed', async (_, text) => {
  await writeGoal(() => page.keyboard.insertText(text));
  const heading = page.getByRole('heading', { level: 2, name: text });
  await heading.waitFor();
  expect(await heading.textContent()).toBe(text);
  expect((await lisa.ask({ method: 'plan', params: { dossier } })).goals.map((goal) => goal.title)).toContain(text);
});

it('shows pasted markup as the words in it', async () => {
  await writeGoal(() => paste('Vet doel <b>niet vet</b>', '<b style="color:red" onclick="alert(1)">Vet doel</b> <img src=x onerror=alert(1)>'));
  const heading = page.getByRole('heading', { level: 2, name: 'Vet doel <b>niet vet</b>' });
  await heading.waitFor();
  expect(await heading.locator('b, img').count()).toBe(0);
});

const LONG = `${'Een lange dag. '.repeat(10)}\n`;

async function tellAll() {
  page = await lisa.look(browser, `#/d/${dossier}/section/verhaal`);
  await button('Vertel iets').click();
  await page.getByLabel('Waar gaat het over?').fill('Alles');
  return page.getByRole('textbox', { name: 'Uw verhaal' });
}

it('does not let a pasted megabyte in, says by how much it is too long, and keeps what was typed', async () => {
  const field = await tellAll();
  await field.fill('Dit stond er al.');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const much = LONG.repeat(7_000);
  await page.evaluate((text) => navigator.clipboard.writeText(text), much);
  await field.focus();
  const begun = performance.now();
  await page.keyboard.press('Control+V');
  await page.getByRole('alert').getByText(`Dit is ${(much.length + 'Dit stond er al.'.length - 200_000).toLocaleString('nl')} tekens te lang om te plakken.`).waitFor();
  await page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  console.log(`a pasted megabyte is answered after ${Math.round(performance.now() - begun)} ms`);
  expect(await field.inputValue()).toBe('Dit stond er al.');
  await page.keyboard.type(' En dit komt erbij.');
  expect(await field.inputValue()).toContain('En dit komt erbij.');
  expect(await page.getByRole('alert').filter({ hasText: 'te lang' }).count()).toBe(0);
});

it('says by how much a text is too long, and keeps it', async () => {
  const field = await tellAll();
  const much = LONG.repeat(2_000);
  // One change of the field: the browser's own typing takes minutes for so much.
  await field.evaluate((area: HTMLTextAreaElement, text) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(area, text);
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }, much);
  await page.getByRole('button', { name: /^Bewaar/ }).click();
  await page.getByRole('status').getByText(`Deze tekst is ${(much.trim().length - 200_000).toLocaleString('nl')} tekens te lang.`).waitFor();
  expect((await field.inputValue()).length).toBe(much.length);
  const kept = (await lisa.ask({ method: 'section', params: { dossier, section: 'verhaal' } })).items;
  expect(JSON.stringify(kept)).not.toContain('Een lange dag.');
});

it.each(['1900', '2100'])('takes a day in %s', async (year) => {
  page = await lisa.look(browser, `#/d/${dossier}/section/documenten`);
  await button('Zet een brief erbij').click();
  await page.getByLabel('Waar gaat de brief over?').fill(`Brief uit ${year}`);
  const day = page.getByRole('group', { name: 'Reageren vóór' });
  await day.getByLabel('Dag').fill('29');
  await day.getByLabel('Maand').fill('2');
  await day.getByLabel('Jaar').fill(year);
  await page.getByRole('button', { name: /^Bewaar/ }).click();
  // Neither year has a 29 February.
  await page.getByText('Deze dag bestaat niet').waitFor();
  await day.getByLabel('Dag').fill('28');
  await page.getByRole('button', { name: /^Bewaar/ }).click();
  await page.getByRole('heading', { name: `Brief uit ${year}` }).waitFor();
  expect(await page.getByText(`28 februari ${year}`).count()).toBeGreaterThan(0);
});
