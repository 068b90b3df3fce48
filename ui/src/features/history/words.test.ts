import { expect, it } from 'vitest';
import type { Language } from '../../i18n/catalogue';
import { lookUp } from '../../i18n/catalogue';
import { Dates } from '../../i18n/dates';
import type { Words } from '../../i18n/I18n';
import type { Desk } from '../edit/items';
import { namedAndOthers } from '../people/names';
import { inWords } from './HistoryOf';

function wordsOf(language: Language): Words {
  const t: Words['t'] = (key, values) => lookUp(language, key, values) ?? key;
  return { language, t, term: (group, id) => lookUp(language, `term.${group}.${id}`) ?? id, dates: new Dates(language, t) };
}

const NL = wordsOf('nl');
const DESK = { people: [{ id: 'p-cor', name: 'Cor Oldenburg' }, { id: 'p-ahmed', name: 'Ahmed Bouzid' }], organisations: [] } as unknown as Desk;

it('says who comes first in each part, and each thing once', () => {
  const order = [
    { person_id: 'p-cor' },
    { hours: 'kantoortijd', person_id: 'p-ahmed' },
    { hours: 'bij direct gevaar', label: '112', phone: '112' },
  ];
  expect(inWords('call_order', order, DESK, 'crisis_plan', NL)).toBe('Cor; Ahmed, kantoortijd; 112, bij direct gevaar');
  const agreement = [{ id: 'va-1', who: ['p-cor', 'p-ahmed'], text: 'Cor kijkt mee.', check_every_days: 7, last_checked: '2026-11-18' }];
  expect(inWords('agreements', agreement, DESK, 'safety_plan', NL)).toBe('Cor en Ahmed, Cor kijkt mee., 18 november 2026');
  expect(inWords('early_signs', ['Niet slapen', 'Niet opnemen'], DESK, 'crisis_plan', NL)).toBe('Niet slapen en Niet opnemen');
  expect(inWords('call_order', [], DESK, 'crisis_plan', NL)).toBe('niets');
});

it('counts whose name one may not know', () => {
  expect(namedAndOthers(['Sam', null, null], NL)).toBe('Sam en 2 anderen');
  expect(namedAndOthers(['Sam', null], NL)).toBe('Sam en iemand');
  expect(namedAndOthers([null, null], wordsOf('en'))).toBe('2 others');
  expect(namedAndOthers(['Sam', 'Tess'], NL)).toBe('Sam en Tess');
});
