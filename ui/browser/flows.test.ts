/** The flows that must feel right, through the pages as a person goes: by what stands on the buttons and labels. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faults, launch, letIn, Person, screensFolder, settled, until } from './stage';

let browser: Browser;
const people: Person[] = [];
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  for (const person of people.splice(0)) await person.leave();
  expect(faults.splice(0)).toEqual([]);
});

async function sit(name: string | null): Promise<Person> {
  const person = name === null ? await Person.sit() : await Person.named(name);
  people.push(person);
  return person;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const heading = (page: Page, name: string | RegExp, level = 1) => page.getByRole('heading', { level, name });

/** Presses Tab until what has the focus is called this. */
async function tabTo(page: Page, name: string) {
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const at = document.activeElement as HTMLInputElement | null;
      return at?.labels?.[0]?.textContent ?? at?.ariaLabel ?? at?.textContent ?? '';
    });
    if (focused.replace(/\s+/g, ' ').trim().startsWith(name)) return;
  }
  throw new Error(`Tab never came to ${name}`);
}

/** A resident with a plan of one goal, and a helper who may change it. */
async function pair() {
  const [lisa, karin] = [await sit('Lisa Verhagen'), await sit('Karin de Wit')];
  const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
  await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title: 'Rust in de ochtend', status: 'bezig' } } });
  await letIn(lisa, karin, ['plan=aanpassen', 'agenda=aanpassen', 'verslagen=aanvullen'], { name: 'Karin de Wit' });
  return { lisa, karin, id };
}

describe('start', () => {
  it('goes from an empty folder to a first useful page by the keyboard alone', async () => {
    const lisa = await sit(null);
    const page = await lisa.look(browser);
    await heading(page, 'Welkom aan de keukentafel').waitFor();
    await tabTo(page, 'Hoe heet u?');
    await page.keyboard.press('Enter');
    await page.getByText('Vul uw naam in.').waitFor();
    await page.keyboard.type('Lisa Verhagen');
    await tabTo(page, 'Maak mijn dossier');
    await page.keyboard.press('Enter');
    await heading(page, 'Uw herstelwoorden').waitFor();
    const words = await page.getByRole('list', { name: 'Herstelwoorden' }).getByRole('listitem').allTextContents();
    expect(new Set(words).size).toBeGreaterThan(12);
    await tabTo(page, 'Ik heb ze opgeschreven');
    await page.keyboard.press('Enter');
    await heading(page, 'Klopt uw papier?').waitFor();
    for (const label of await page.locator('label', { hasText: 'Wat is woord' }).allTextContents()) {
      await tabTo(page, label);
      await page.keyboard.type(words[Number(/\d+/.exec(label)?.[0]) - 1] ?? '');
    }
    await page.keyboard.press('Enter');
    await heading(page, 'Goedemorgen Lisa').waitFor();
    await tabTo(page, 'Schrijf mijn eerste doel');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Nieuw doel');
    await page.keyboard.press('Enter');
    await page.getByLabel('Wat wilt u bereiken?').waitFor();
    await page.keyboard.type('Ik slaap zes uur per nacht');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Het doel staat in het plan.').waitFor();
    await heading(page, 'Ik slaap zes uur per nacht', 2).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Nieuw doel');
  });
});

describe('an invitation', () => {
  it('goes by the picture, both compare the code, and the helper is in', async () => {
    const lisa = await sit('Lisa Verhagen');
    const dossier = (await lisa.ask({ method: 'dossier_new', params: { title: null } })).id;
    const karin = await sit(null);
    const [hers, theirs] = [await lisa.look(browser), await karin.look(browser)];

    await hers.getByRole('link', { name: 'Wie kijkt mee' }).click();
    await hers.getByRole('link', { name: 'Nodig iemand uit' }).click();
    await hers.getByLabel('Hoe heet deze persoon?').fill('Karin de Wit');
    await hers.getByLabel('Waarvoor kijkt deze persoon mee?').fill('samen het plan bijhouden');
    await button(hers, 'Een helper').click();
    await button(hers, 'Maak de uitnodiging').click();
    await heading(hers, 'De uitnodiging is klaar').waitFor();
    const picture = join(screensFolder(), 'qr.png');
    writeFileSync(picture, await hers.getByRole('img', { name: 'QR-code van de uitnodiging voor Karin' }).screenshot());

    await theirs.getByRole('link', { name: 'Ik ben uitgenodigd' }).click();
    await theirs.getByLabel('Hoe heet u?').fill('Karin de Wit');
    await button(theirs, 'Verder').click();
    await theirs.getByLabel('Plak hier de tekst').fill('kt1nietdehele');
    await button(theirs, 'Lees de uitnodiging').click();
    await theirs.getByText('Dit is geen hele uitnodiging.').waitFor();
    await theirs.getByLabel('Een QR-code').check();
    await theirs.getByLabel('Kies een foto van de QR-code').setInputFiles(picture);
    await heading(theirs, 'Lisa vraagt u om mee te kijken').waitFor();
    await theirs.getByText('samen het plan bijhouden').waitFor();
    await theirs.getByLabel('Door mijn werk').check();
    await theirs.getByLabel('Waar werkt u?').fill('Wijkteam De Lindeboom');
    await theirs.getByRole('textbox', { name: 'Wie bent u?' }).fill('Ik ben Karin van het wijkteam.');
    // Back and forth loses nothing.
    await button(theirs, 'Terug').click();
    await button(theirs, 'Lees de uitnodiging').click();
    await heading(theirs, 'Lisa vraagt u om mee te kijken').waitFor();
    expect(await theirs.getByLabel('Waar werkt u?').inputValue()).toBe('Wijkteam De Lindeboom');
    expect(await theirs.getByRole('textbox', { name: 'Wie bent u?' }).inputValue()).toBe('Ik ben Karin van het wijkteam.');
    await button(theirs, 'Stuur mijn antwoord').click();
    await heading(theirs, 'Lees de code voor').waitFor();
    const code = (await theirs.getByRole('group', { name: 'Uw code' }).locator('span').allTextContents()).join(' ');
    expect(code).toMatch(/^\d{4} \d{4} \d{4}$/);
    await theirs.reload();
    await heading(theirs, 'Lees de code voor').waitFor();

    await heading(hers, 'Karin de Wit is er', 4).waitFor();
    await hers.getByText('Wijkteam De Lindeboom').waitFor();
    await hers.getByLabel('De cijfers die u hoort').fill(code);
    await button(hers, 'Laat Karin meekijken').click();
    await hers.getByText('Klaar. Karin kijkt nu mee.').waitFor();
    await heading(theirs, 'U kijkt nu mee').waitFor();
    await button(theirs, 'Open het dossier').click();
    await heading(theirs, 'Goedemorgen Karin').waitFor();
    await theirs.getByText('U helpt hier').first().waitFor();
    const people = await lisa.ask({ method: 'access', params: { dossier } });
    expect(people.people.map((one) => [one.name, one.organisation, one.compared])).toEqual([['Karin de Wit', 'Wijkteam De Lindeboom', true]]);
    const show = JSON.stringify(await lisa.ask({ method: 'section', params: { dossier, section: 'netwerk' } }));
    expect(show).toContain('Karin de Wit');
  });

  it('is over after a wrong code, and the other reads why', async () => {
    const lisa = await sit('Lisa Verhagen');
    await lisa.ask({ method: 'dossier_new', params: { title: null } });
    const mallory = await sit('Iemand Anders');
    const invited = await lisa.ask({ method: 'invite', params: { dossier: null, person: null, name: 'Karin', role: null, purpose: 'meekijken', grants: ['plan=zien'], until: null, hints: [], hours: null } });
    const [hers, theirs] = [await lisa.look(browser, `#/d/${await lisa.dossier()}/access`), await mallory.look(browser, '#/join')];
    await theirs.getByLabel('Plak hier de tekst').fill(invited.ticket);
    await button(theirs, 'Lees de uitnodiging').click();
    await button(theirs, 'Stuur mijn antwoord').click();
    await heading(theirs, 'Lees de code voor').waitFor();
    await hers.getByLabel('De cijfers die u hoort').fill('000000000000');
    await button(hers, 'Laat Iemand meekijken').click();
    await heading(theirs, 'Dat is niet gelukt').waitFor();
    await theirs.getByText('Vraag om een nieuwe uitnodiging.').waitFor();
    await button(theirs, 'Probeer een andere uitnodiging').click();
    await theirs.getByLabel('Plak hier de tekst').fill(invited.ticket);
    await button(theirs, 'Lees de uitnodiging').click();
    await theirs.getByText('De code klopte niet, of de ander is gestopt.').waitFor();
    expect((await mallory.ask({ method: 'status' })).dossiers).toEqual([]);
  });

  it('goes by eight words on the phone, typed one after the other', async () => {
    const lisa = await sit('Lisa Verhagen');
    const dossier = (await lisa.ask({ method: 'dossier_new', params: { title: null } })).id;
    const karin = await sit('Karin de Wit');
    const [hers, theirs] = [await lisa.look(browser, `#/d/${dossier}/invite`), await karin.look(browser, '#/join')];
    await hers.getByLabel('Hoe heet deze persoon?').fill('Karin de Wit');
    await hers.getByLabel('Waarvoor kijkt deze persoon mee?').fill('samen het plan bijhouden');
    await button(hers, 'Een helper').click();
    await button(hers, 'Maak de uitnodiging').click();
    const list = hers.getByRole('list', { name: 'Acht woorden voor Karin' });
    await list.waitFor();
    const words = await list.getByRole('listitem').allTextContents();
    expect(words).toHaveLength(8);
    await hers.getByText('Lukt het niet, in hetzelfde huis?').click();
    const address = await hers.getByText(/^127\.0\.0\.1:\d+$/).textContent();

    await theirs.getByLabel('Acht woorden').check();
    await theirs.getByLabel('Woord 1').focus();
    await theirs.keyboard.type(`tafel ${words.slice(1).map((word) => word.slice(0, 4)).join(' ')}`);
    await theirs.getByText('Woord 1 staat niet op de lijst.').waitFor();
    await theirs.getByLabel('Woord 1').fill(words[0] ?? '');
    await button(theirs, 'Lees de uitnodiging').click();
    // These programs know of no internet, and have not heard where the other is.
    await theirs.getByText('Er geeft niemand antwoord op deze woorden.').waitFor();
    await theirs.getByText('Lukt het niet, in hetzelfde huis?').click();
    await theirs.getByLabel('Het adres bij de woorden').fill(address ?? '');
    await theirs.keyboard.press('Enter');
    await heading(theirs, 'Lisa vraagt u om mee te kijken').waitFor();
    await button(theirs, 'Stuur mijn antwoord').click();
    await heading(theirs, 'Lees de code voor').waitFor();
    const code = (await theirs.getByRole('group', { name: 'Uw code' }).locator('span').allTextContents()).join('');
    await hers.getByLabel('De cijfers die u hoort').fill(code);
    await button(hers, 'Laat Karin meekijken').click();
    await heading(theirs, 'U kijkt nu mee').waitFor();

    // Words work once: whoever else heard them finds nobody.
    const mallory = await sit('Mallory');
    await expect(mallory.ask({ method: 'fetch_ticket', params: { words: words.join(' '), hints: [address ?? ''] } })).rejects.toThrow('not_reachable');
  });
});

describe('two at once', () => {
  it('sees what the other does, and keeps what one is typing', async () => {
    const { lisa, karin, id } = await pair();
    const [hers, theirs] = [await lisa.look(browser, `#/d/${id}/plan`), await karin.look(browser, `#/d/${id}/plan`)];
    await button(theirs, 'Nieuw doel').click();
    const field = theirs.getByLabel('Wat wilt u bereiken?');
    await field.pressSequentially('Elke dag sam');
    await button(hers, 'Nieuw doel').click();
    await hers.getByLabel('Wat wilt u bereiken?').fill('Grip op geld');
    const begun = performance.now();
    await button(hers, 'Bewaar dit doel').click();
    await heading(theirs, 'Grip op geld', 2).waitFor();
    console.log(`a goal of one on the other's page: ${Math.round(performance.now() - begun)} ms`);
    await theirs.keyboard.type('en eten');
    expect(await field.inputValue()).toBe('Elke dag samen eten');
    await button(theirs, 'Bewaar dit doel').click();
    await heading(hers, 'Elke dag samen eten', 2).waitFor();
  });

  it('works apart and comes together again', async () => {
    const { lisa, karin, id } = await pair();
    const [hers, theirs] = [await lisa.look(browser, `#/d/${id}/plan`), await karin.look(browser, `#/d/${id}/plan`)];
    await heading(theirs, 'Rust in de ochtend', 2).waitFor();
    await lisa.say('offline');
    for (const [page, goal] of [
      [hers, 'Zonder netwerk van Lisa'],
      [theirs, 'Zonder netwerk van Karin'],
    ] as const) {
      await button(page, 'Nieuw doel').click();
      await page.getByLabel('Wat wilt u bereiken?').fill(goal);
      await button(page, 'Bewaar dit doel').click();
      await heading(page, goal, 2).waitFor();
    }
    expect(await heading(theirs, 'Zonder netwerk van Lisa', 2).count()).toBe(0);
    await lisa.say('online');
    await heading(hers, 'Zonder netwerk van Karin', 2).waitFor();
    await heading(theirs, 'Zonder netwerk van Lisa', 2).waitFor();
    const order = (page: Page) => page.getByRole('heading', { level: 2 }).allTextContents();
    expect(await order(hers)).toEqual(await order(theirs));
  });

  it('changes a right, and stops access in two taps', async () => {
    const { lisa, karin, id } = await pair();
    const [hers, theirs] = [await lisa.look(browser, `#/d/${id}/access`), await karin.look(browser, `#/d/${id}/plan`)];
    await button(theirs, 'Nieuw doel').waitFor();
    await button(hers, 'Verander wat Karin mag').click();
    await hers.getByLabel('Ons plan').selectOption('zien');
    await button(hers, 'Bewaar dit').click();
    await hers.getByText('Wat Karin mag, is veranderd.').waitFor();
    await button(theirs, 'Nieuw doel').waitFor({ state: 'detached' });
    await heading(theirs, 'Rust in de ochtend', 2).waitFor();

    await button(hers, 'Stop: Karin kijkt niet meer mee').click();
    await button(hers, 'Stop nu').click();
    await hers.getByText('Karin kijkt niet meer mee.').first().waitFor();
    await heading(theirs, 'Rust in de ochtend', 2).waitFor({ state: 'detached' });
    await hers.getByText('De computer van Karin bevestigt: de kopie is weg.').waitFor();
    await heading(theirs, 'U kijkt hier niet meer mee').waitFor();
    expect((await karin.ask({ method: 'status' })).dossiers.flatMap((one) => one.sections)).toEqual([]);
    await theirs.screenshot({ path: join(screensFolder(), 'helper-ended.png') });
    await theirs.getByRole('button', { name: /^Haal dit uit mijn lijst/ }).click();
    await heading(theirs, 'Dag Karin').waitFor();
    expect((await karin.ask({ method: 'status' })).dossiers).toEqual([]);
  });

  it('writes a note, answers it, and the writer reads the answer', async () => {
    const { lisa, karin, id } = await pair();
    const [hers, theirs] = [await lisa.look(browser, `#/d/${id}/today`), await karin.look(browser, `#/d/${id}/notes`)];
    await button(theirs, 'Schrijf een verslag').click();
    await theirs.getByLabel('Uw verslag').fill('HB afgelegd; draaglast toegenomen.');
    await theirs.getByLabel('Hetzelfde in gewone taal').fill('Ik was bij Lisa. Het is nu veel voor haar.');
    await button(theirs, 'Bewaar dit verslag').click();
    await heading(hers, 'Nieuw over u', 2).waitFor();
    await hers.getByText('Ik was bij Lisa. Het is nu veel voor haar.').waitFor();
    expect(await hers.getByText('HB afgelegd; draaglast toegenomen.').isVisible()).toBe(false);
    await hers.getByRole('link', { name: 'Verslagen' }).click();
    await button(hers, 'Klopt niet, zeg dat tegen Karin').click();
    await hers.getByLabel('Schrijf wat er anders moet').fill('Het gaat juist beter.');
    await button(hers, 'Zet het eronder').click();
    await theirs.getByText('Het gaat juist beter.').waitFor();
    await theirs.getByText('Klopt niet').waitFor();
  });
});

describe('by the keyboard alone', () => {
  it('makes a goal with a step, an appointment and a note', async () => {
    const { lisa, karin, id } = await pair();
    const page = await karin.look(browser, `#/d/${id}/plan`);
    const { keyboard } = page;
    const said = (text: string) => page.getByRole('status').getByText(text).waitFor();
    await heading(page, 'Rust in de ochtend', 2).waitFor();

    await tabTo(page, 'Nieuw doel');
    await keyboard.press('Enter');
    await keyboard.type('Elke dag samen eten');
    await tabTo(page, 'Bewaar dit doel');
    await keyboard.press('Space');
    await said('Het doel staat in het plan.');
    await tabTo(page, 'Nieuwe stap bij Elke dag samen eten');
    await keyboard.press('Space');
    await keyboard.type('Een lijst voor de week maken');
    await tabTo(page, 'Dag');
    await keyboard.type('1');
    await keyboard.press('Tab');
    await keyboard.type('12');
    // Taken off and put back: it is on to begin with.
    await tabTo(page, 'Ik doe dit zelf');
    for (const checked of [false, true]) {
      await keyboard.press('Space');
      expect(await page.getByLabel('Ik doe dit zelf').isChecked()).toBe(checked);
    }
    await tabTo(page, 'Bewaar deze stap');
    await keyboard.press('Enter');
    await page.getByText('Een lijst voor de week maken').first().waitFor();

    await tabTo(page, 'Agenda');
    await keyboard.press('Enter');
    await heading(page, 'Agenda').waitFor();
    await tabTo(page, 'Nieuwe afspraak');
    await keyboard.press('Enter');
    await keyboard.type('Karin komt langs');
    await tabTo(page, 'Dag');
    for (const part of ['24', '11', '2026', '10.00', '11.00']) {
      await keyboard.type(part);
      await keyboard.press('Tab');
    }
    await tabTo(page, 'Bewaar deze afspraak');
    await keyboard.press('Space');
    await said('De afspraak staat in de agenda.');

    await tabTo(page, 'Verslagen');
    await keyboard.press('Enter');
    await heading(page, 'Verslagen').waitFor();
    await tabTo(page, 'Schrijf een verslag');
    await keyboard.press('Enter');
    await keyboard.type('Huisbezoek gedaan.');
    await tabTo(page, 'Hetzelfde in gewone taal');
    await keyboard.type('Ik was bij u thuis.');
    await tabTo(page, 'Bewaar dit verslag');
    await keyboard.press('Enter');
    await said('Uw verslag staat in het dossier.');

    const plan = await until(async () => {
      const { goals } = await lisa.ask({ method: 'plan', params: { dossier: id } });
      return goals.find((goal) => goal.title === 'Elke dag samen eten' && goal.actions.length > 0) ?? null;
    });
    expect(plan.actions.map(({ text, due, who }) => [text, due, who[0]?.name])).toEqual([['Een lijst voor de week maken', '2026-12-01', 'Karin de Wit']]);
    const today = await until(async () => {
      const seen = await lisa.ask({ method: 'today', params: { dossier: id } });
      return seen.appointments.length > 0 && seen.news.length > 0 ? seen : null;
    });
    expect(today.appointments.map(({ title, start }) => [title, start])).toEqual([['Karin komt langs', '2026-11-24T10:00:00+01:00']]);
    expect(today.news[0]?.plain).toBe('Ik was bij u thuis.');
  });

  it('invites somebody, and stops the access of another', async () => {
    const { lisa, id } = await pair();
    const page = await lisa.look(browser, `#/d/${id}/access`);
    const { keyboard } = page;
    await heading(page, 'Karin de Wit', 3).waitFor();
    await tabTo(page, 'Nodig iemand uit');
    await keyboard.press('Enter');
    await heading(page, 'Nodig iemand uit').waitFor();
    await tabTo(page, 'Hoe heet deze persoon?');
    await keyboard.type('Ria Verhagen');
    await tabTo(page, 'Waarvoor kijkt deze persoon mee?');
    await keyboard.type('helpen in huis');
    await tabTo(page, 'Familie of vrienden');
    await keyboard.press('Enter');
    await tabTo(page, 'Maak de uitnodiging');
    await keyboard.press('Enter');
    await heading(page, 'De uitnodiging is klaar').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('De uitnodiging is klaar');
    await tabTo(page, 'Naar wie meekijkt');
    await keyboard.press('Enter');
    await heading(page, 'Karin de Wit', 3).waitFor();
    await tabTo(page, 'Stop: Karin kijkt niet meer mee');
    await keyboard.press('Enter');
    await tabTo(page, 'Stop nu');
    await keyboard.press('Enter');
    await page.getByRole('status').getByText('Karin kijkt niet meer mee.').waitFor();
    const { people } = await lisa.ask({ method: 'access', params: { dossier: id } });
    expect(people.map((one) => [one.name, one.ended !== null])).toEqual([['Karin de Wit', true]]);
  });
});

describe('the kitchen table', () => {
  it('goes, without a network, from what goes well to who does what and when, and to paper', async () => {
    const lisa = await sit('Lisa Verhagen');
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    await lisa.say('offline');
    const page = await lisa.look(browser, `#/d/${id}/plan`);
    const on = () => button(page, 'Verder').click();
    await page.getByRole('link', { name: 'Samen aan de keukentafel' }).click();
    await heading(page, 'Wat gaat er goed?').waitFor();
    const letters = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
    expect(letters).toBeGreaterThanOrEqual(20);
    await page.getByLabel('Dit gaat goed').fill('De kinderen slapen goed.');
    await on();
    await heading(page, 'Wat is moeilijk?').waitFor();
    await page.getByLabel('Dit is moeilijk').fill('De post blijft liggen.');
    await on();
    await heading(page, 'Waar wilt u over praten?').waitFor();
    await page.getByLabel('Geldzaken').check();
    await on();
    await heading(page, 'Hoe gaat het met: Geldzaken?').waitFor();
    await page.getByLabel(/^Het lukt niet alleen/).check();
    await on();
    await heading(page, 'Wat wilt u bereiken?').waitFor();
    for (const goal of ['Alle post open', 'Elke week rondkomen', 'Rust in de ochtend']) {
      await page.getByLabel('Ik wil graag').fill(goal);
      await button(page, 'Schrijf dit op').click();
      await page.getByRole('list', { name: 'Dit staat er al' }).getByText(goal).waitFor();
    }
    await page.getByText('Dit zijn drie doelen. Dat is genoeg om mee te beginnen.').waitFor();
    expect(await page.getByLabel('Ik wil graag').count()).toBe(0);
    await on();
    // Stopped in the middle and opened again: it goes on where it was.
    await heading(page, 'Alle post open').waitFor();
    await page.getByRole('link', { name: /^Stop hiermee/ }).click();
    await page.getByRole('link', { name: 'Samen aan de keukentafel' }).click();
    await heading(page, 'Alle post open').waitFor();
    await page.getByLabel('Wat is de stap?').fill('Zaterdag samen openen');
    const day = page.getByRole('group', { name: 'Wanneer is het klaar?' });
    await day.getByLabel('Dag').fill('28');
    await day.getByLabel('Maand').fill('11');
    await on();
    await heading(page, 'Elke week rondkomen').waitFor();
    await on();
    await heading(page, 'Rust in de ochtend').waitFor();
    await on();
    await heading(page, 'Dit hebben we besproken').waitFor();
    await page.getByText('U: Zaterdag samen openen. Wanneer: over 5 dagen.').waitFor();
    await page.getByText('Geldzaken: Het lukt niet alleen').waitFor();
    const paper = join(lisa.desk, 'plan.pdf');
    await lisa.say(`choose ${paper}`);
    await button(page, 'Bewaar of print dit plan').click();
    await page.getByText('Bewaard als plan.pdf').waitFor();
    expect(readFileSync(paper, 'latin1').slice(0, 8)).toBe('%PDF-1.7');
    const { goals } = await lisa.ask({ method: 'plan', params: { dossier: id } });
    expect(goals.map((goal) => [goal.title, goal.actions.map(({ text, due, who }) => [text, due, who[0]?.name])])).toEqual([
      ['Alle post open', [['Zaterdag samen openen', '2026-11-28', 'Lisa Verhagen']]],
      ['Elke week rondkomen', []],
      ['Rust in de ochtend', []],
    ]);
  });
});

describe('an emergency', () => {
  it('has a card that needs no key, and glass that a named helper breaks with a reason that the resident reads', async () => {
    const [lisa, bo] = [await sit('Lisa Verhagen'), await sit('Bo Jansen')];
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'crisis', kind: 'crisis_plan', fields: { call_order: [{ label: 'Ria', phone: '06 00 00 01 03' }], what_helps: ['Thee zetten en rustig praten'] } } });
    await letIn(lisa, bo, ['crisis=zien:nood'], { name: 'Bo Jansen' });
    const [hers, theirs] = [await lisa.look(browser, `#/d/${id}/section/crisis`), await bo.look(browser, `#/d/${id}/section/crisis`)];
    await hers.getByText('Alleen u leest dit. Anderen zien een klein deel.').click();
    await hers.getByText(/kijkt alleen in nood$/).waitFor();
    await button(hers, 'Laat dit kaartje lezen zonder wachtzin').click();
    await hers.getByRole('status').getByText('Het kaartje is nu te lezen zonder wachtzin.').waitFor();

    await theirs.getByText('U mag dit alleen in nood lezen.').waitFor();
    await button(theirs, 'Open dit in nood').click();
    await theirs.getByLabel('Waarom is het nu nodig?').fill('kort');
    await button(theirs, 'Open nu').click();
    await theirs.getByText('Dit is te kort. Schrijf wat er aan de hand is.').waitFor();
    expect(await theirs.getByText('Thee zetten en rustig praten').count()).toBe(0);
    await theirs.getByLabel('Waarom is het nu nodig?').fill('Lisa neemt niet op en de kinderen zijn alleen thuis.');
    await button(theirs, 'Open nu').click();
    await theirs.getByText('Thee zetten en rustig praten').waitFor();
    await hers.getByRole('link', { name: 'Vandaag' }).click();
    await hers.getByText('Bo opende „Als het misgaat” in nood, vandaag.').waitFor();
    await hers.getByText('Reden: Lisa neemt niet op en de kinderen zijn alleen thuis.').waitFor();

    await lisa.kill();
    await lisa.start({ locked: true });
    const shut = await lisa.look(browser);
    await heading(shut, 'Uw dossier zit op slot').waitFor();
    await shut.getByText('Als het misgaat').click();
    await shut.getByText('06 00 00 01 03').waitFor();
    await shut.getByText('Is er nu gevaar? Bel 112.').waitFor();
  });
});

describe('coming back', () => {
  const field = (page: Page) => page.getByLabel('Uw 24 herstelwoorden');

  it('from a backup: a wrong paper keeps the file, the right one brings everything', async () => {
    const [lisa, other, again] = [await sit('Lisa Verhagen'), await sit('Iemand Anders'), await sit(null)];
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title: 'Rust in de ochtend', status: 'bezig' } } });
    const { words } = await lisa.ask({ method: 'recovery_words' });
    const { words: wrong } = await other.ask({ method: 'recovery_words' });
    const file = join(lisa.desk, 'stick.age');
    const hers = await lisa.look(browser, `#/d/${id}/safety`);
    await lisa.say(`choose ${file}`);
    await button(hers, 'Kies een plek en maak een backup').click();
    await hers.getByText(/^Het bestand heet stick\.age\./).waitFor();
    await lisa.kill();

    const page = await again.look(browser);
    await button(page, 'Ik heb al een dossier').click();
    await heading(page, 'Terug naar uw dossier').waitFor();
    const go = button(page, 'Kies mijn backup en zet alles terug');
    await field(page).fill(words.with(4, 'keukentafel').join(' '));
    await go.click();
    await page.getByText('Woord 5 is geen herstelwoord. Kijk op uw papier hoe het daar staat.').waitFor();
    await again.say(`choose ${file}`);
    await field(page).fill(wrong.join(' '));
    await go.click();
    await page.getByText('Deze woorden en dit bestand horen niet bij elkaar.').waitFor();
    await field(page).fill(words.map((word, at) => `${at + 1}. ${word}`).join('\n'));
    // Nobody is asked for the file again: no dialogue would be answered.
    await button(page, 'Probeer het opnieuw met dit bestand').click();
    await heading(page, 'Welkom terug').waitFor();
    await page.getByText('Alles is terug.').waitFor();
    await page.getByRole('button', { name: /^Sluit af: / }).click();
    await page.getByRole('button', { name: /^Ja, sluit dit apparaat af/ }).click();
    await heading(page, 'Uw oude apparaat telt nog mee', 2).waitFor({ state: 'detached' });
    await button(page, 'Naar mijn dossier').click();
    await heading(page, 'Goedemorgen Lisa').waitFor();
    expect((await again.ask({ method: 'plan', params: { dossier: id } })).goals.map((goal) => goal.title)).toEqual(['Rust in de ochtend']);
  });

  it('from a helper: what they held, with what is not back, and a new beginning of that', async () => {
    const { lisa, karin, id } = await pair();
    const { words } = await lisa.ask({ method: 'recovery_words' });
    await lisa.kill();
    const again = await sit(null);
    const theirs = await karin.look(browser, `#/d/${id}/safety`);
    await theirs.getByText('De weg naar dit apparaat').click();
    await button(theirs, 'Wijs de weg').click();
    const way = await theirs.locator('.kt-ticket .kt-code').textContent();

    const page = await again.look(browser);
    await button(page, 'Ik heb al een dossier').click();
    await page.getByLabel('Iemand die meekijkt').check();
    await field(page).fill(words.join(' '));
    await page.getByLabel('De weg terug').fill(way ?? '');
    await button(page, 'Geef mijn dossier terug').click();
    await page.getByText(/^Wat alleen voor u was, is niet terug\./).waitFor();
    await button(page, 'Begin deze onderdelen opnieuw').click();
    await page.getByText('De onderdelen zijn er weer. Ze zijn leeg.').waitFor();
    await button(page, 'Naar mijn dossier').click();
    await page.getByRole('link', { name: 'Plan', exact: true }).click();
    await heading(page, 'Rust in de ochtend', 2).waitFor();
  });
});

describe('alone', () => {
  it('makes a section of her own, and a letter with a last day', async () => {
    const lisa = await sit('Lisa Verhagen');
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    const page = await lisa.look(browser, `#/d/${id}/sections`);
    await button(page, 'Maak zelf een onderdeel').click();
    await button(page, 'Maak dit onderdeel').click();
    await page.getByText('Vul dit in.').waitFor();
    await page.getByLabel('Hoe heet het onderdeel?').fill('Alleen voor mij');
    await button(page, 'Maak dit onderdeel').click();
    await page.getByRole('link', { name: 'Alleen voor mij' }).click();
    await heading(page, 'Alleen voor mij').waitFor();
    await page.getByText('Alleen u ziet dit.').waitFor();

    await page.getByRole('link', { name: 'Mijn dossier' }).click();
    await page.getByRole('link', { name: 'Brieven en papieren' }).click();
    await button(page, 'Zet een brief erbij').click();
    await page.getByLabel('Waar gaat de brief over?').fill('Aanmaning van de zorgverzekering');
    const last = page.getByRole('group', { name: 'Reageren vóór' });
    await last.getByLabel('Dag').fill('1');
    await last.getByLabel('Maand').fill('12');
    await last.getByLabel('Jaar').fill('2026');
    await page.getByRole('button', { name: /^Bewaar/ }).click();
    await heading(page, 'Aanmaning van de zorgverzekering', 3).waitFor();
    await page.getByText('Vóór: over 8 dagen').waitFor();
    await button(page, 'Dit is klaar: Aanmaning van de zorgverzekering').click();
    await page.getByRole('status').getByText('Klaar: Aanmaning van de zorgverzekering').waitFor();
    await button(page, 'Terugdraaien').click();
    await button(page, 'Dit is klaar: Aanmaning van de zorgverzekering').waitFor();
  });

  it('finds everything again after the program was killed in the middle of a sentence', async () => {
    const lisa = await sit('Lisa Verhagen');
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title: 'Rust in de ochtend', status: 'bezig' } } });
    const page = await lisa.look(browser, `#/d/${id}/plan`);
    await button(page, 'Nieuw doel').click();
    await page.getByLabel('Wat wilt u bereiken?').pressSequentially('Elke dag sam');
    await lisa.kill();
    await page.keyboard.type('en eten');
    await button(page, 'Bewaar dit doel').click();
    await page.getByRole('status').getByText('Start Keukentafel opnieuw.').waitFor();
    expect(await page.getByLabel('Wat wilt u bereiken?').inputValue()).toBe('Elke dag samen eten');
    await lisa.start();
    await until(async () => ((await lisa.ask({ method: 'plan', params: { dossier: id } })).goals.length === 1 ? true : null));
    await button(page, 'Bewaar dit doel').click();
    await heading(page, 'Elke dag samen eten', 2).waitFor();
    await page.reload();
    await heading(page, 'Rust in de ochtend', 2).waitFor();
    await heading(page, 'Elke dag samen eten', 2).waitFor();
  });

  it('has a sentence that was not finished when the power went', async () => {
    const lisa = await sit('Lisa Verhagen');
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    const before = await lisa.look(browser, `#/d/${id}/plan`);
    const keeps = (page: Page, text: string) => page.waitForResponse((reply) => (reply.request().postData()?.includes('drafts_keep') && reply.request().postData()?.includes(text)) ?? false);
    await button(before, 'Nieuw doel').click();
    await Promise.all([keeps(before, 'Elke dag sam'), before.getByLabel('Wat wilt u bereiken?').pressSequentially('Elke dag sam')]);
    // Program and window fall away together, and once more before the form was opened again.
    for (const round of [1, 2]) {
      await lisa.kill();
      for (const context of browser.contexts()) await context.close();
      await lisa.start();
      const page = await lisa.look(browser);
      const kept = keeps(page, 'Elke dag sam');
      await page.evaluate((to) => void (location.hash = to), `#/d/${id}/plan`);
      await page.getByText('U was iets aan het typen').waitFor();
      await kept;
      if (round === 1) continue;
      await button(page, 'Nieuw doel').click();
      expect(await page.getByLabel('Wat wilt u bereiken?').inputValue()).toBe('Elke dag sam');
      const emptied = page.waitForResponse((reply) => reply.request().postData()?.includes('"drafts":{}') ?? false);
      await button(page, 'Bewaar dit doel').click();
      await heading(page, 'Elke dag sam', 2).waitFor();
      await emptied;
    }
    expect(await lisa.ask({ method: 'drafts_take' })).toEqual({ drafts: {} });
  });

  it('prints the plan, keeps a file with a letter, and takes everything along', async () => {
    const lisa = await sit('Lisa Verhagen');
    const { id } = await lisa.ask({ method: 'dossier_new', params: { title: null } });
    await lisa.ask({ method: 'item_add', params: { dossier: id, section: 'plan', kind: 'goals', fields: { title: 'Rust in de ochtend', status: 'bezig' } } });
    const at = (name: string) => join(lisa.desk, name);
    const page = await lisa.look(browser, `#/d/${id}/plan`);
    const print = button(page, 'Bewaar of print dit plan');
    // A dialogue that is closed is no fault, and leaves nothing.
    await Promise.all([page.waitForResponse((reply) => reply.request().postData()?.includes('"print"') ?? false), print.click()]);
    await print.and(page.locator(':enabled')).waitFor();
    expect([readdirSync(lisa.desk), await page.getByText('Bewaard als').count(), await page.getByRole('alert').count()]).toEqual([[], 0, 0]);
    await lisa.say(`choose ${at('plan.pdf')}`);
    await print.click();
    await page.getByText('Bewaard als plan.pdf').waitFor();
    expect(readFileSync(at('plan.pdf'), 'latin1').slice(0, 8)).toBe('%PDF-1.7');

    const letter = '%PDF-1.7 brief van de gemeente';
    writeFileSync(at('brief.pdf'), letter);
    await page.getByRole('link', { name: 'Mijn dossier' }).click();
    await page.getByRole('link', { name: 'Brieven en papieren' }).click();
    await lisa.say(`choose ${at('brief.pdf')}`);
    await button(page, 'Maak een brief van een foto of PDF').click();
    await heading(page, 'brief', 3).waitFor();
    await lisa.say(`choose ${at('terug.pdf')}`);
    await button(page, 'Bewaar buiten het dossier: brief.pdf').click();
    await page.getByText('Dat bestand is niet op slot.').waitFor();
    expect(readFileSync(at('terug.pdf'), 'latin1')).toBe(letter);

    await page.evaluate((to) => void (location.hash = to), `#/d/${id}/safety`);
    await page.getByRole('link', { name: 'Neem alles mee' }).click();
    await heading(page, 'Alles meenemen').waitFor();
    await lisa.say(`choose ${at('map')}`);
    await button(page, 'Kies een plek en maak de map').click();
    await heading(page, 'Alles staat in de map').waitFor();
    expect(readdirSync(at('map')).sort()).toEqual(['LEESMIJ.txt', 'bijlagen', 'dossier.json', 'dossier.pdf', 'inhoud.txt', 'logboek.json']);
    for (const line of readFileSync(at('map/inhoud.txt'), 'utf8').trim().split('\n')) {
      const [sum, name] = line.split('  ') as [string, string];
      expect(createHash('sha256').update(readFileSync(at(`map/${name}`))).digest('hex')).toBe(sum);
    }
    expect(readFileSync(at('map/bijlagen/001-brief.pdf'), 'latin1')).toBe(letter);
    await page.evaluate((to) => void (location.hash = to), `#/d/${id}/log`);
    await page.getByText('nam dingen mee op papier of in een map').first().waitFor();
  });

  it('says so when the folder is open in another window', async () => {
    const lisa = await sit('Lisa Verhagen');
    await lisa.ask({ method: 'dossier_new', params: { title: null } });
    const second = await Person.sit(lisa);
    people.push(second);
    const page = await second.look(browser);
    await page.getByText('Keukentafel staat al open.').waitFor();
    await lisa.kill();
    await button(page, 'Probeer het opnieuw').click();
    await heading(page, 'Goedemorgen Lisa').waitFor();
    await settled(page);
  });
});
