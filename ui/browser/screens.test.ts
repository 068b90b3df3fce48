/** Every screen, in both languages and both colours: looked at by axe, narrow, enlarged, spaced out, mirrored and still; a picture of each. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers, cutOff, inBothColours, type Screen, show, spaceOut, sticksOut, tooSmall } from './looks';
import { faults, launch, letIn, Person, screensFolder, settled } from './stage';

const FAMILY = readFileSync(fileURLToPath(new URL('../../crates/dossier-exchange/data/demo-lisa.json', import.meta.url)), 'utf8');

let browser: Browser;
let lisa: Person;
let karin: Person;
let nobody: Person;
let shut: Person;
let bo: Person;
let dossier: string;
let fresh: string;
let sections: string[] = [];

beforeAll(async () => {
  [browser, lisa, karin, nobody, shut, bo] = await Promise.all([launch(), Person.named('Lisa Verhagen'), Person.named('Karin de Wit'), Person.sit(), Person.named('Ria Verhagen'), Person.named('Bo Jansen')]);
  const card = await lisa.ask({ method: 'demo_load', params: { file: FAMILY, owner: null } });
  dossier = card.id;
  sections = card.sections.map((section) => section.id);
  fresh = (await bo.ask({ method: 'dossier_new', params: { title: null } })).id;
  // Bo may open Lisa's health in an emergency only; Ria no longer looks along, and her own card lies outside the lock.
  await letIn(lisa, bo, ['plan=zien', 'gezondheid=zien:nood', 'geld=zien:dat'], { name: 'Bo Jansen' });
  await letIn(lisa, karin, [], { id: 'p-karin', name: 'Karin de Wit' });
  await letIn(lisa, shut, ['agenda=zien'], { name: 'Ria Verhagen' });
  await lisa.ask({ method: 'revoke', params: { dossier, person: await personOf('Ria Verhagen'), keep_unseen: false } });
  await lisa.ask({ method: 'invite', params: { dossier, person: null, name: 'Fatma Yildiz', role: 'buur', purpose: 'meelezen', grants: ['plan=zien'], until: null, hints: [], hours: null } });
  for (const [name, content] of [
    ['brief van de gemeente.pdf', '%PDF-1.7 een brief'],
    ['foto.jpg', 'geen foto'],
  ] as const) {
    const file = join(lisa.desk, name);
    writeFileSync(file, content);
    await lisa.say(`choose ${file}`);
    await lisa.ask({ method: 'attach', params: { dossier, item: 'doc-1', title: null, from: null } });
  }
  const own = (await shut.ask({ method: 'dossier_new', params: { title: null } })).id;
  await shut.ask({ method: 'item_add', params: { dossier: own, section: 'crisis', kind: 'crisis_plan', fields: { call_order: [{ label: 'Lisa', phone: '06 00 00 01 01' }], what_helps: ['Thee zetten en rustig praten'] } } });
  await shut.ask({ method: 'crisis_card_choose', params: { dossier: own, on: true } });
  await shut.kill();
  await shut.start({ locked: true });
});

async function personOf(name: string): Promise<string> {
  const { people } = await lisa.ask({ method: 'access', params: { dossier } });
  return people.find((one) => one.name === name)?.person ?? '';
}

afterAll(async () => {
  await browser.close();
  for (const person of [lisa, karin, nobody, shut, bo]) await person.leave();
});

const own = (page: string): Screen => ({ name: page, of: () => lisa, hash: () => `#/d/${dossier}/${page}` });
const helper = (page: string): Screen => ({ name: `helper-${page}`, of: () => karin, hash: () => `#/d/${dossier}/${page}` });
const empty = (page: string): Screen => ({ name: `empty-${page.replace('/', '-')}`, of: () => bo, hash: () => `#/d/${fresh}/${page}` });
/** A page after a button of it was pressed. */
const pressed = (name: string, page: string, button: RegExp): Screen => ({ ...own(page), name, open: (shown) => shown.getByRole('button', { name: button }).first().click() });
const SCREENS: Screen[] = [
  { name: 'start', of: () => nobody, hash: () => '' },
  { name: 'come-back', of: () => nobody, hash: () => '', open: (page) => page.getByRole('button', { name: /^Ik heb al een dossier|^I already have a dossier/ }).click() },
  { name: 'unlock', of: () => shut, hash: () => '' },
  { name: 'unlock-crisis', of: () => shut, hash: () => '', open: (page) => page.locator('.kt-fold summary').click() },
  { name: 'join-person', of: () => nobody, hash: () => '#/join' },
  { name: 'join-ticket', of: () => karin, hash: () => '#/join' },
  { name: 'join-words', of: () => karin, hash: () => '#/join', open: (page) => page.locator('input[type=radio][value=words]').check() },
  {
    name: 'join-card',
    of: () => karin,
    hash: () => '#/join',
    open: async (page) => {
      const [open] = (await lisa.ask({ method: 'invitations', params: { dossier } })).filter((one) => one.state === 'open');
      await page.locator('textarea').fill(open?.ticket ?? '');
      await page.locator('form button[type=submit]').click();
      await page.locator('#join-card').waitFor();
      await page.locator('section[aria-labelledby=join-card] input[type=radio]').nth(1).check();
    },
  },
  ...['today', 'plan', 'agenda', 'notes', 'sections', 'access', 'invite', 'log', 'safety', 'leave'].map(own),
  {
    name: 'leave-done',
    of: () => lisa,
    hash: () => `#/d/${dossier}/leave`,
    open: async (page) => {
      await lisa.say(`choose ${join(mkdtempSync(join(lisa.desk, 'weg-')), 'keukentafel-dossier')}`);
      await page.getByRole('button', { name: /^Kies een plek|^Choose a place/ }).click();
      await page.getByRole('heading', { level: 1, name: /^Alles staat in de map|^Everything is in the folder/ }).waitFor();
    },
  },
  {
    name: 'words',
    of: () => lisa,
    hash: () => `#/d/${dossier}/safety`,
    open: async (page) => {
      await page.getByRole('button', { name: /^Laat mijn herstelwoorden zien|^Show my recovery words/ }).click();
      await lisa.say(`choose ${join(lisa.desk, 'herstelwoorden.pdf')}`);
      await page.getByRole('button', { name: /^Bewaar of print deze woorden|^Save or print these words/ }).click();
      await page.getByText('herstelwoorden.pdf').waitFor();
    },
  },
  { name: 'dossiers', of: () => lisa, hash: () => '#/dossiers' },
  ...['verhaal', 'netwerk', 'gezondheid', 'geld', 'opvoeden', 'wonen', 'werk', 'noor', 'documenten', 'crisis'].map((section): Screen => ({ ...own(`section/${section}`), name: `section-${section}` })),
  ...['today', 'plan', 'agenda', 'notes', 'access', 'safety', 'section/verhaal', 'section/netwerk', 'section/geld', 'section/crisis', 'section/documenten', 'table'].map(empty),
  { ...own('past'), name: 'past' },
  { ...own('past/2026-11-02'), name: 'past-day' },
  pressed('looking', 'access', /^Kijk zoals Karin|^Look as Karin/),
  pressed('history', 'plan', /^Wie veranderde wat|^Who changed what/),
  pressed('goal-form', 'plan', /^Nieuw doel|^New goal/),
  pressed('appointment-form', 'agenda', /^Nieuwe afspraak|^New appointment/),
  pressed('letter-form', 'section/documenten', /^Zet een brief erbij|^Add a letter/),
  pressed('crisis-form', 'section/crisis', /^Verander: |^Change: /),
  {
    name: 'erase',
    of: () => lisa,
    hash: () => `#/d/${dossier}/plan`,
    open: async (page) => {
      await page.getByRole('button', { name: /^Verander: |^Change: / }).first().click();
      await page.getByText(/^Voorgoed weghalen|^Erase for good/).click();
      await page.getByRole('button', { name: /^Ik wil dit voorgoed|^I want to erase/ }).click();
    },
  },
  pressed('note-wrong', 'notes', /^Klopt niet|^Wrong, tell/),
  { ...own('agenda'), name: 'agenda-week', open: (page) => page.locator('input[type=radio][value=week]').check() },
  ...['good', 'domains', 'goals', 'close'].map((step): Screen => ({ ...own(`table/${step}`), name: `table-${step}` })),
  { name: 'gate', of: () => bo, hash: () => `#/d/${dossier}/section/gezondheid` },
  { ...pressed('gate-form', '', /^Open dit in nood|^Open this in an emergency/), of: () => bo, hash: () => `#/d/${dossier}/section/gezondheid` },
  { ...own('plan'), name: 'seen-by', open: (page) => page.locator('.kt-seen summary').click() },
  { ...own('today'), name: 'display', open: (page) => page.locator('.kt-display summary').click() },
  { name: 'stop', of: () => lisa, hash: () => `#/d/${dossier}/access`, open: (page) => page.getByRole('button', { name: /^Stop: / }).first().click() },
  {
    name: 'invitation',
    of: () => lisa,
    hash: () => `#/d/${dossier}/access`,
    open: async (page) => {
      await page.getByText(/Laat de uitnodiging zien|Show the invitation/).click();
      await page.getByRole('button', { name: /Laat acht woorden zien|Show eight words/ }).click();
      await page.locator('.kt-spoken').waitFor();
    },
  },
  { name: 'change', of: () => lisa, hash: () => `#/d/${dossier}/access`, open: (page) => page.getByRole('button', { name: /Verander wat|Change what/ }).first().click() },
  ...['today', 'plan', 'agenda', 'notes', 'sections', 'safety', 'leave'].map(helper),
  { name: 'helper-dossiers', of: () => karin, hash: () => '#/dossiers' },
];

describe('what would be seen', () => {
  it('a picture without words, grey on grey, a row that sticks out, a target for needles, a sentence cut off', async () => {
    const page = await show(browser, own('plan'), {});
    await page.evaluate(() => {
      const bad = document.createElement('div');
      const [picture, grey, wide, small, cut] = ['img', 'p', 'div', 'button', 'p'].map((tag) => document.createElement(tag)) as [HTMLImageElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
      picture.src = '/x.png';
      grey.textContent = 'grijs';
      Object.assign(grey.style, { color: '#999', background: '#aaa' });
      wide.style.width = '3000px';
      wide.textContent = 'breed';
      small.textContent = 'x';
      Object.assign(small.style, { width: '12px', height: '12px', padding: '0' });
      cut.textContent = 'afgeknipt';
      Object.assign(cut.style, { width: '20px', overflow: 'hidden', whiteSpace: 'nowrap' });
      bad.append(picture, grey, wide, small, cut);
      document.querySelector('main')?.append(bad);
    });
    const found = (await barriers(page)).join('\n');
    expect(found).toContain('image-alt');
    expect(found).toContain('color-contrast');
    expect((await sticksOut(page)).join('\n')).toContain(' of 1180');
    expect((await tooSmall(page)).join('\n')).toContain('12×12');
    expect((await cutOff(page)).join('\n')).toContain('afgeknipt');
    await page.context().close();
  });
});

it('shows every section that the family has', () => {
  const shown = SCREENS.map((screen) => screen.name);
  const missing = sections.filter((id) => !['plan', 'agenda', 'verslagen'].includes(id) && !shown.includes(`section-${id}`));
  expect(missing).toEqual([]);
});

describe.each(SCREENS)('$name', (screen) => {
  it('has no barrier; fits 320 pixels, twice the size, letters of every size and spacing, and the other way round; and stands still for who wants that', async () => {
    const page = await show(browser, screen, { calm: true });
    const root = (set: Record<string, string>) =>
      page.evaluate((to) => {
        const { dir, ...data } = to;
        if (dir) document.documentElement.dir = dir;
        Object.assign(document.documentElement.dataset, data);
      }, set);
    const picture = (how: string) => page.screenshot({ path: join(screensFolder(), `${screen.name}.${how}.png`), fullPage: true });
    await inBothColours(page, screen.name, 'nl');
    await root({ theme: 'light', text: 'largest' });
    await picture('largest');
    expect(await sticksOut(page)).toEqual([]);
    await root({ text: 'normal' });

    await page.setViewportSize({ width: 320, height: 640 });
    await settled(page);
    await picture('320');
    expect(await sticksOut(page)).toEqual([]);
    expect(await tooSmall(page)).toEqual([]);
    expect(await page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length)).toBe(0);
    await root({ dir: 'rtl' });
    await picture('rtl');
    expect(await sticksOut(page)).toEqual([]);
    await root({ dir: 'ltr' });
    for (const text of ['large', 'largest']) {
      await root({ text });
      expect([text, await sticksOut(page)]).toEqual([text, []]);
    }
    await root({ text: 'normal' });
    await spaceOut(page);
    await picture('spaced');
    expect(await sticksOut(page)).toEqual([]);
    expect(await cutOff(page)).toEqual([]);
    await page.setViewportSize({ width: 640, height: 410 });
    expect(await sticksOut(page)).toEqual([]);
    expect(await cutOff(page)).toEqual([]);
    await page.context().close();
    expect(faults.splice(0)).toEqual([]);
  });

  it('has no barrier in English', async () => {
    const page = await show(browser, screen, { language: 'en' });
    await inBothColours(page, screen.name, 'en');
    await page.context().close();
    expect(faults.splice(0)).toEqual([]);
  });
});
