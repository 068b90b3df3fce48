/** People with a program each and a browser in the place of their window, meeting over real sync on this computer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Answer } from '../src/backend';
import type { Request } from '../src/generated/Request';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
/** The day of both demo families. */
export const NOW = '2026-11-23T09:00:00+01:00';
/** Longest wait for anything on a page; each ends as soon as the thing is there. */
export const PATIENCE = 90_000;
/** Where pictures of the screens go. */
export const SCREENS = process.env.KEUKENTAFEL_SCREENS ?? join(TOP, 'target/screens');

function bridgeProgram(): string {
  const given = process.env.KEUKENTAFEL_BRIDGE ?? join(TOP, 'target/debug/bridge');
  if (!existsSync(given)) throw new Error(`${given} is not built: cargo xtask test --lane browser`);
  return given;
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.KEUKENTAFEL_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--lang=nl'] });
}

export interface Look {
  language?: 'nl' | 'en';
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  scale?: number;
  calm?: boolean;
  /** The clock of the page goes as the test says: `page.clock`. */
  clock?: boolean;
}

/** Somebody at a computer of their own. */
export class Person {
  readonly #folder: string;
  readonly #home: string;
  readonly #token = randomBytes(16).toString('hex');
  #child: ChildProcess | null = null;
  #lines: Interface | null = null;
  #waiting: ((line: string) => void)[] = [];
  #port = 0;
  #passphrase: string;

  private constructor(folder: string, home: string) {
    this.#folder = folder;
    this.#home = home;
    this.#passphrase = join(folder, 'passphrase');
  }

  /** A program on an empty home folder, or on the folder of somebody else's program. */
  static async sit(beside?: Person): Promise<Person> {
    const folder = mkdtempSync(join(tmpdir(), 'keukentafel-browser-'));
    const person = new Person(folder, beside ? beside.#home : join(folder, 'home'));
    writeFileSync(person.#passphrase, 'een tafel met vier stoelen\n');
    await person.start();
    return person;
  }

  /** The same, with somebody in it. */
  static async named(name: string): Promise<Person> {
    const person = await Person.sit();
    await person.ask({ method: 'profile_create', params: { name, organisation: null, function: null } });
    return person;
  }

  /** Starts the program, on the port of last time; locked, it does not know the passphrase. */
  async start(options: { locked?: boolean } = {}) {
    const passphrase = options.locked ? [] : ['--passphrase-file', this.#passphrase];
    const child = spawn(bridgeProgram(), ['--home', this.#home, ...passphrase, '--now', NOW, '--token', this.#token, '--port', String(this.#port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    this.#lines.on('line', (line) => this.#waiting.shift()?.(line));
    const { url } = JSON.parse(await this.#line()) as { url: string };
    this.#port = Number(new URL(url).port);
  }

  #line(): Promise<string> {
    return new Promise((take, fail) => {
      this.#waiting.push(take);
      this.#child?.once('exit', (code) => fail(new Error(`the program ended with ${code}`)));
    });
  }

  /** A folder of this person's, beside the home folder. */
  get desk(): string {
    const desk = join(this.#folder, 'desk');
    mkdirSync(desk, { recursive: true });
    return desk;
  }

  /** A word to the program outside its pages: `offline`, `online`, and what the next dialogue of the system is answered. */
  async say(word: 'offline' | 'online' | `choose ${string}`) {
    const answer = this.#line();
    this.#child?.stdin?.write(`${word}\n`);
    await answer;
  }

  /** Ends the program without a goodbye. */
  async kill() {
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  /** Waits until the program ends by itself. */
  async ended() {
    const child = this.#child;
    if (child && child.exitCode === null) await new Promise((done) => child.once('exit', done));
    this.#child = null;
  }

  /** Ends the program and forgets the folder. */
  async leave() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get address() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A request beside the pages, for what a test only needs to have happened. */
  async ask<R extends Request>(request: R): Promise<Answer<R>> {
    const reply = await fetch(`${this.address}/rpc`, { method: 'POST', headers: { cookie: `bridge-${this.#port}=${this.#token}` }, body: JSON.stringify(request) });
    const body: unknown = await reply.json();
    if (!reply.ok) throw new Error(`${request.method}: ${JSON.stringify(body)}`);
    return body as Answer<R>;
  }

  /** The only dossier. */
  async dossier(): Promise<string> {
    const { dossiers } = await this.ask({ method: 'status' });
    const id = dossiers[0]?.id;
    if (id === undefined) throw new Error('no dossier');
    return id;
  }

  /** Opens the pages, as the window does. What a page says of its own faults ends the test. */
  async look(browser: Browser, hash = '', { language = 'nl', theme = 'light', width = 1180, height = 820, scale = 1, calm = false, clock = false }: Look = {}): Promise<Page> {
    const options: BrowserContextOptions = { viewport: { width, height }, deviceScaleFactor: scale, reducedMotion: calm ? 'reduce' : 'no-preference', timezoneId: 'America/New_York', locale: 'en-US', acceptDownloads: true };
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript((display) => localStorage.setItem('keukentafel.display', display), JSON.stringify({ language, theme, textSize: 'normal' }));
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    if (clock) await page.clock.install({ time: new Date(NOW) });
    await page.goto(`${this.address}/?token=${this.#token}`);
    if (hash) await page.evaluate((to) => void (location.hash = to), hash);
    return page;
  }
}

/** What pages threw; read by every test at its end. */
export const faults: string[] = [];

/** The page is complete and painted: its title is there and nothing is loading. */
export async function settled(page: Page) {
  await page.waitForFunction(() => document.querySelector('h1') !== null && document.querySelector('.kt-loading') === null);
  await page.evaluate(() => document.fonts.ready.then(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))));
}

/** Lets somebody in, past the pages. */
export async function letIn(owner: Person, guest: Person, grants: string[], person: { id?: string; name: string }) {
  const dossier = (await owner.ask({ method: 'status' })).dossiers.find((one) => one.own)?.id ?? null;
  const invited = await owner.ask({ method: 'invite', params: { dossier, person: person.id ?? null, name: person.name, role: 'wijkteam', purpose: 'samen het plan bijhouden', grants, until: null, hints: [], hours: null } });
  await guest.ask({ method: 'join', params: { ticket: invited.ticket, name: null, organisation: null, function: null, answers: {} } });
  const code = await until(async () => (await guest.ask({ method: 'joins' }))[0]?.code ?? null);
  // Both work out the code, each in its own time: the owner may know it a moment later.
  await until(() => owner.ask({ method: 'confirm', params: { code } }).catch(() => null));
  await until(async () => ((await guest.ask({ method: 'joins' }))[0]?.state === 'granted' ? true : null));
  await guest.ask({ method: 'join_end', params: { id: invited.id } });
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > end) throw new Error(`still not so: ${ask.toString()}`);
  }
}

export function screensFolder(): string {
  mkdirSync(SCREENS, { recursive: true });
  return SCREENS;
}
