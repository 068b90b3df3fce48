import { NO_DAY, type TypedDay, typedDay } from '../../components/DayField';
import type { ItemView } from '../../generated/ItemView';
import type { Key } from '../../i18n/catalogue';
import { dutchInstant, localDay } from '../../i18n/dates';

/** One question of a form: which field of the item it is about, and how it is answered. */
export type Question = {
  /** Field path inside the item: `a.b`. */
  name: string;
  label: Key;
  hint?: Key;
  required?: boolean;
} & (
  | { as: 'text' | 'long' | 'lines' | 'amount' | 'number' | 'tick' | 'person' | 'people' | 'organisation' }
  /** With `year`, only the year is there already. */
  | { as: 'day' }
  | { as: 'choice' | 'pick'; options: readonly { value: string; label: Key }[] }
  /** Whom to call, in order. */
  | { as: 'calls' }
  /** What was agreed about safety. */
  | { as: 'agreements' }
  /** Day, begin and end; fills `start` and `end`. */
  | { as: 'moment' }
);

export interface TypedMoment {
  day: TypedDay;
  from: string;
  to: string;
}

/** Somebody to call: a person of the dossier, or anybody else by name. */
export interface TypedCall {
  /** Tells the rows of one form apart. */
  key: number;
  person: string;
  label: string;
  phone: string;
  hours: string;
  /** What else the row holds; it stays. */
  held: Readonly<Fields>;
}

/** One thing that was agreed about safety. */
export interface TypedAgreement {
  /** Tells the rows of one form apart. */
  key: number;
  text: string;
  /** Who does it. */
  who: readonly string[];
  /** Who looks whether it works. */
  checkBy: string;
  /** How often, in days. */
  days: string;
  /** When somebody looked last. */
  checked: string | null;
  /** Somebody looked today. */
  today: boolean;
  /** What else the row holds; it stays. */
  held: Readonly<Fields>;
}

export type Answer = string | boolean | readonly string[] | readonly TypedCall[] | readonly TypedAgreement[] | TypedDay | TypedMoment;
export type Draft = Readonly<Record<string, Answer>>;
/** What is wrong with an answer, by question. */
export type Wrong = Readonly<Record<string, Key>>;
type Fields = Record<string, unknown>;

/** The value at a path of an item's fields. */
export function at(fields: Readonly<Fields>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Fields)[key] : undefined), fields);
}

export function text(item: { fields: Readonly<Fields> }, path: string): string | null {
  const value = at(item.fields, path);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

export function texts(item: { fields: Readonly<Fields> }, path: string): string[] {
  const value = at(item.fields, path);
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

export function number(item: { fields: Readonly<Fields> }, path: string): number | null {
  const value = at(item.fields, path);
  return typeof value === 'number' ? value : null;
}

export function flag(item: { fields: Readonly<Fields> }, path: string): boolean {
  return at(item.fields, path) === true;
}

export function splitDay(day: string | null): TypedDay {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})/.exec(day ?? '') ?? [];
  return year ? { day: String(Number(date)), month: String(Number(month)), year } : NO_DAY;
}

/** The answers that an item holds already; those of a new item without one. */
export function draftOf(questions: readonly Question[], item: ItemView | null, today: string): Draft {
  const fields = item?.fields ?? {};
  const held = { fields };
  const draft: Record<string, Answer> = {};
  for (const question of questions) {
    const { name } = question;
    switch (question.as) {
      case 'tick':
        draft[name] = flag(held, name);
        break;
      case 'lines':
        draft[name] = texts(held, name).join('\n');
        break;
      case 'people':
        draft[name] = texts(held, name);
        break;
      case 'calls': {
        draft[name] = rowsOf(fields, name).map((call, key) => {
          const part = (path: string) => text({ fields: call }, path) ?? '';
          return { key, person: part('person_id'), label: part('label'), phone: part('phone'), hours: part('hours'), held: call };
        });
        break;
      }
      case 'agreements':
        draft[name] = rowsOf(fields, name).map((row, key) => {
          const part = (path: string) => text({ fields: row }, path) ?? '';
          return { key, text: part('text'), who: texts({ fields: row }, 'who'), checkBy: part('check_by'), days: part('check_every_days'), checked: text({ fields: row }, 'last_checked'), today: false, held: row };
        });
        break;
      case 'amount':
        draft[name] = (text(held, name) ?? '').replace('.', ',');
        break;
      case 'day':
        draft[name] = text(held, name) ? splitDay(text(held, name)) : { ...NO_DAY, year: today.slice(0, 4) };
        break;
      case 'moment': {
        const [start, end] = [text(held, 'start'), text(held, 'end')];
        draft[name] = {
          day: start ? splitDay(localDay(start)) : { ...NO_DAY, year: today.slice(0, 4) },
          from: start ? clock(start) : '',
          to: end ? clock(end) : '',
        };
        break;
      }
      case 'choice':
        draft[name] = text(held, name) ?? question.options[0]?.value ?? '';
        break;
      default:
        draft[name] = text(held, name) ?? '';
    }
  }
  return draft;
}

const TIME = new Intl.DateTimeFormat('nl-NL', { timeZone: 'Europe/Amsterdam', hour: 'numeric', minute: '2-digit', hourCycle: 'h23' });
function clock(instant: string): string {
  return TIME.format(new Date(instant)).replace(':', '.');
}

/** The fields that the answers stand for, by path, and what is wrong with them. */
export function read(questions: readonly Question[], draft: Draft, today: string): { fields: Fields; wrong: Wrong } {
  const fields: Fields = {};
  const wrong: Record<string, Key> = {};
  for (const question of questions) {
    const { name } = question;
    const answer = draft[name];
    const typed = typeof answer === 'string' ? answer.trim() : '';
    if (question.required && (answer === '' || (typeof answer === 'string' && typed === ''))) wrong[name] = 'common.required';
    switch (question.as) {
      case 'tick':
        fields[name] = answer === true;
        break;
      case 'people':
        fields[name] = Array.isArray(answer) ? answer : [];
        break;
      case 'calls':
        fields[name] = (answer as readonly TypedCall[]).flatMap(callOf);
        break;
      case 'agreements':
        fields[name] = (answer as readonly TypedAgreement[]).flatMap((row) => agreementOf(row, today));
        break;
      case 'lines':
        fields[name] = typed.split('\n').map((line) => line.trim()).filter(Boolean);
        break;
      case 'amount':
      case 'number': {
        const value = amountOf(typed);
        if (value === undefined) wrong[name] = question.as === 'amount' ? 'edit.no_amount' : 'edit.no_number';
        else fields[name] = value;
        break;
      }
      case 'day': {
        const day = typedDay(answer as TypedDay);
        if (day === null) wrong[name] = 'date.no_such_day';
        else if (day === '' && question.required) wrong[name] = 'common.required';
        else fields[name] = day === '' ? null : day;
        break;
      }
      case 'moment': {
        const moment = answer as TypedMoment;
        const day = typedDay(moment.day);
        if (!day) {
          wrong[name] = day === '' ? 'edit.which_day' : 'date.no_such_day';
          break;
        }
        const start = dutchInstant(day, moment.from);
        const end = moment.to.trim() === '' ? null : dutchInstant(day, moment.to);
        if (start === null || (end === null && moment.to.trim() !== '')) wrong[name] = 'edit.no_time';
        else if (end !== null && Date.parse(end) <= Date.parse(start)) wrong[name] = 'edit.end_first';
        else Object.assign(fields, { start, end });
        break;
      }
      default:
        fields[name] = typed === '' ? null : typed;
    }
  }
  return { fields, wrong };
}

/** The rows of a field that is a list of things. */
function rowsOf(fields: Readonly<Fields>, path: string): Fields[] {
  const rows = at(fields, path);
  return Array.isArray(rows) ? (rows as Fields[]) : [];
}

/** A row as it was held, with what was said now; what was left empty is not in it. */
function rowOf(held: Readonly<Fields>, said: Fields): Fields {
  const rest = Object.entries(held).filter(([key]) => !(key in said));
  return Object.fromEntries([...rest, ...Object.entries(said).filter(([, value]) => value !== '' && value !== null)]);
}

/** One row of the order in which to call; none for a row that names nobody. */
function callOf({ person, label, phone, hours, held }: TypedCall): Fields[] {
  const said = { person_id: person, label: person === '' ? label.trim() : '', phone: phone.trim(), hours: hours.trim() };
  return said.person_id || said.label || said.phone ? [rowOf(held, said)] : [];
}

/** One agreement; none without words. Nobody looks: then it says neither how often nor when. */
function agreementOf({ text: words, who, checkBy, days, checked, today: looked, held }: TypedAgreement, today: string): Fields[] {
  const looks = checkBy !== '';
  const said = {
    text: words.trim(),
    who: who.length > 0 ? who : null,
    check_by: checkBy,
    check_every_days: looks && days !== '' ? Number(days) : null,
    last_checked: !looks ? null : looked ? today : checked,
  };
  return said.text ? [rowOf(held, said)] : [];
}

/** `1.840`, `1840,50` or `1840.50` as a number; null for nothing; undefined for what is no amount. */
function amountOf(typed: string): number | null | undefined {
  const plain = typed.replace(/[€\s]/g, '');
  if (plain === '') return null;
  if (/^\d{1,3}(\.\d{3})+(,\d{1,2})?$/.test(plain)) return Number(plain.replaceAll('.', '').replace(',', '.'));
  return /^\d+([.,]\d{1,2})?$/.test(plain) ? Number(plain.replace(',', '.')) : undefined;
}

/** Only what is different from `before`; what became empty is `null`, which empties the field. */
export function changes(before: Fields, after: Fields): Fields {
  return Object.fromEntries(Object.entries(after).filter(([path, value]) => JSON.stringify(value) !== JSON.stringify(before[path])));
}

/** Fields of a new item: without what is empty, and with paths made into objects. */
export function nested(fields: Fields): Fields {
  const made: Fields = {};
  for (const [path, value] of Object.entries(fields)) {
    if (value === null || (Array.isArray(value) && value.length === 0)) continue;
    const keys = path.split('.');
    const last = keys.pop() ?? path;
    let place = made;
    for (const key of keys) place = (place[key] ??= {}) as Fields;
    place[last] = value;
  }
  return made;
}
