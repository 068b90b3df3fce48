import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { FaultCode } from '../generated/FaultCode';
import { CATALOGUES, LANGUAGES, lookUp } from './catalogue';
import { EXCEPTIONS, plainDutchProblems } from '../test/plainDutch';

type Flat = Map<string, string>;

function flat(language: keyof typeof CATALOGUES): Flat {
  return new Map(Object.entries(CATALOGUES[language]).flatMap(([file, sentences]) => Object.entries(sentences).map(([key, sentence]): [string, string] => [`${file}.${key}`, sentence])));
}

const slots = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((slot) => slot[1]).sort();

describe('the catalogue', () => {
  const nl = flat('nl');

  it('embeds every file of every language', () => {
    for (const language of Object.keys(LANGUAGES)) {
      const files = readdirSync(join(import.meta.dirname, language)).map((name) => name.replace('.json', ''));
      expect(files.sort()).toEqual(Object.keys(CATALOGUES.nl).sort());
    }
  });

  it.each(Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[])('has the same keys and the same slots in %s', (language) => {
    const other = flat(language);
    expect([...other.keys()].sort()).toEqual([...nl.keys()].sort());
    for (const [key, sentence] of other) expect([key, slots(sentence)]).toEqual([key, slots(nl.get(key) ?? '')]);
  });

  it('has no empty sentence, and no sentence that was left in the other language', () => {
    const en = flat('en');
    const sameOnPurpose = new Set(['access.stop', 'common.app', 'shell.menu', 'shell.plan', 'term.role.mentor', 'term.role.school']);
    for (const [key, sentence] of nl) {
      expect([key, sentence.trim()]).not.toEqual([key, '']);
      if (/[a-z]{3}/.test(sentence.replace(/\{\w+\}/g, '')) && !sameOnPurpose.has(key)) expect([key, en.get(key)]).not.toEqual([key, sentence]);
    }
  });

  it('has a sentence for every fault, and each of them says what to do', () => {
    const codes: Record<FaultCode, true> = {
      not_allowed: true,
      not_found: true,
      invalid: true,
      too_long: true,
      input_refused: true,
      locked: true,
      wrong_passphrase: true,
      disk_full: true,
      not_writable: true,
      damaged: true,
      in_use: true,
      already_exists: true,
      no_profile: true,
      not_reachable: true,
      newer_version: true,
      internal: true,
    };
    for (const code of Object.keys(codes)) {
      const sentence = lookUp('nl', `fault.${code}`);
      expect([code, (sentence ?? '').split(/[.?!]\s+/).length]).not.toEqual([code, 1]);
    }
  });

  it('has no sentence that nothing says', () => {
    const source = sourceFiles().map((file) => readFileSync(file, 'utf8')).join('\n');
    const unsaid = [...nl.keys()].filter((key) => {
      // Terms and faults are looked up by id; the desktop shell, the command line and the papers read their own file.
      if (/^(term|fault|desktop|cli|paper)\./.test(key)) return false;
      const base = key.replace(/_(one|other)$/, '');
      const beginnings = [...key.matchAll(/[._]/g)].map(({ index }) => `\`${key.slice(0, index + 1)}\${`);
      return !source.includes(`'${key}'`) && !source.includes(`'${base}'`) && !beginnings.some((beginning) => source.includes(beginning));
    });
    expect(unsaid).toEqual([]);
  });

  it('picks the plural form and fills the slots', () => {
    expect(lookUp('nl', 'date.in_days', { count: 1 })).toBe('over 1 dag');
    expect(lookUp('en', 'date.in_days', { count: 3 })).toBe('in 3 days');
    expect(lookUp('nl', 'start.hello', { name: 'Bo' })).toBe('Dag Bo');
    expect(lookUp('nl', 'start.nothing_like_this')).toBeNull();
  });
});

describe('plain Dutch', () => {
  it('holds for every Dutch sentence', () => {
    const allowed = (key: string, problem: string) => EXCEPTIONS.some((one) => one.key === key && problem.includes(one.about));
    const problems = [...flat('nl')].flatMap(([key, sentence]) => plainDutchProblems(sentence).flatMap((problem) => (allowed(key, problem) ? [] : [`${key}: ${problem}`])));
    expect(problems).toEqual([]);
  });

  it('has a reason for every exception, and no exception that nothing needs', () => {
    for (const { key, about, reason } of EXCEPTIONS) {
      expect([key, reason.split(' ').length > 3]).toEqual([key, true]);
      expect([key, plainDutchProblems(flat('nl').get(key) ?? '').some((problem) => problem.includes(about))]).toEqual([key, true]);
    }
  });

  it('is at most fifteen words a sentence on average', () => {
    const counts = [...flat('nl').values()].flatMap((text) => text.split(/[.?!]+\s*/).filter(Boolean).map((sentence) => sentence.split(/\s+/).length));
    expect(counts.reduce((a, b) => a + b, 0) / counts.length).toBeLessThanOrEqual(15);
  });

  it.each([
    ['Uw casus wordt besproken.', 'casus'],
    ['De indicatie is klaar.', 'indicatie'],
    ['U houdt de regie.', 'regie'],
    ['Vul je naam in.', 'je'],
    ['Dit is jouw dossier.', 'jouw'],
    ['Lees de schuldhulpverleningsovereenkomst.', 'schuldhulpverleningsovereenkomst'],
    ['Dit is een zin met veel te veel woorden die maar door en door gaat tot het einde.', '18 woorden'],
    ['Uw vraag wordt door ons behandeld.', 'wordt'],
    ['Uw dossier wordt gemaakt.', 'gemaakt'],
    ['De brief werd niet opengemaakt.', 'opengemaakt'],
    ['Dit is een schuldenproblematiek.', 'vaktaal'],
    ['U kunt dit te allen tijde zien.', 'altijd'],
  ])('refuses "%s"', (sentence, about) => {
    expect(plainDutchProblems(sentence).join(' ')).toContain(about);
  });
});

describe('the screens', () => {
  it('hold no sentence of their own', () => {
    expect(screenFiles().flatMap((file) => hardCoded(file, readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('would be caught if they did', () => {
    const bad = 'export const A = () => <p aria-label="Sluit dit">Dag <b>{"Lisa komt"}</b></p>;';
    expect(hardCoded('bad.tsx', bad)).toHaveLength(3);
  });
});

function sourceFiles(): string[] {
  const src = join(import.meta.dirname, '..');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.startsWith('test'))
    .map((name) => join(src, name));
}

function screenFiles(): string[] {
  return sourceFiles().filter((name) => name.endsWith('.tsx'));
}

/** Text in markup, and text in attributes that people see or hear. */
function hardCoded(file: string, text: string): string[] {
  const spoken = new Set(['aria-label', 'aria-description', 'alt', 'title', 'placeholder', 'label', 'hint', 'note', 'legend', 'summary', 'error', 'button', 'save', 'text']);
  const found: string[] = [];
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const visit = (node: ts.Node) => {
    const say = (words: string) => {
      if (/\p{L}{2}/u.test(words)) found.push(`${file}: ${words.trim()}`);
    };
    if (ts.isJsxText(node)) say(node.text);
    if (ts.isJsxAttribute(node) && spoken.has(node.name.getText()) && node.initializer) {
      if (ts.isStringLiteral(node.initializer)) say(node.initializer.text);
      else if (ts.isJsxExpression(node.initializer) && node.initializer.expression && ts.isStringLiteralLike(node.initializer.expression)) say(node.initializer.expression.text);
    }
    if (ts.isJsxExpression(node) && node.expression && ts.isStringLiteralLike(node.expression) && !ts.isJsxAttribute(node.parent)) say(node.expression.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
