// The dependency rules of the screens. Exits 1 with one line per broken rule.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));
const problems = [];

for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const name = relative(src, file).split(sep).join('/');
  if (name.startsWith('generated/')) continue;
  const text = readFileSync(file, 'utf8');
  const test = /\.test\.tsx?$/.test(name) || name.startsWith('test/');
  const say = (rule) => problems.push(`${name}: ${rule}`);

  for (const [, wanted] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    const target = wanted.startsWith('.') ? relative(src, normalize(join(dirname(file), wanted))).split(sep).join('/') : wanted;
    if (target.startsWith('@tauri-apps/') && !name.startsWith('backend/')) say(`only src/backend may import ${target}`);
    if (!test && target.startsWith('test/')) say(`test code is not for the product: ${target}`);
    if (!test && name.startsWith('components/') && /^(features|generated|backend|live|i18n)\//.test(target)) say(`a building block knows no ${target}`);
    if (name.startsWith('backend/') && /^(features|components|live|i18n)(\/|$)/.test(target)) say(`a transport knows no ${target}`);
    if (/^backend\/tauri$/.test(target) && !name.startsWith('backend/')) say('screens choose no transport: import src/backend');
    if (/^https?:/.test(target)) say(`remote code: ${target}`);
  }
  if (!test && /dangerouslySetInnerHTML|\beval\(|new Function\(/.test(text)) say('code or markup from text');
  if (!test && /<style[\s>]/.test(text)) say('inline styles are refused by the content security policy');
}

for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
