import type { Key, Language, Values } from './catalogue';

const LOCALE: Record<Language, string> = { nl: 'nl-NL', en: 'en-GB' };
const DAY = 86_400_000;
/** The calendar of the program, whatever the clock of this computer is set to: care is given in Dutch time. */
const DUTCH = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Amsterdam', year: 'numeric', month: '2-digit', day: '2-digit', hour: 'numeric', minute: '2-digit', hourCycle: 'h23' });

/** Dates and times in words. Days are in Dutch time and written `2026-11-30`. */
export class Dates {
  readonly #t: (key: Key, values?: Values) => string;
  readonly #long: Intl.DateTimeFormat;
  readonly #longYear: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #month: Intl.DateTimeFormat;
  readonly #short: Intl.DateTimeFormat;
  readonly #locale: string;
  readonly #dutchTime: boolean;

  constructor(language: Language, t: (key: Key, values?: Values) => string) {
    this.#t = t;
    this.#dutchTime = language === 'nl';
    const day = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' } as const;
    this.#long = new Intl.DateTimeFormat(LOCALE[language], day);
    this.#locale = LOCALE[language];
    this.#date = new Intl.DateTimeFormat(LOCALE[language], { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
    this.#month = new Intl.DateTimeFormat(LOCALE[language], { month: 'long', year: 'numeric', timeZone: 'UTC' });
    this.#short = new Intl.DateTimeFormat(LOCALE[language], { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
    this.#longYear = new Intl.DateTimeFormat(LOCALE[language], { ...day, year: 'numeric' });
  }

  /** `woensdag 25 november`; with the year when it is another one than that of `today`. */
  day(day: string, today: string): string {
    const at = noon(day);
    if (at === null) return day;
    return (day.slice(0, 4) === today.slice(0, 4) ? this.#long : this.#longYear).format(at);
  }

  /** `3 december 2026`. */
  date(day: string): string {
    const at = noon(day);
    return at === null ? day : this.#date.format(at);
  }

  /** `3 december 2026`; `december 2026` or `2026` where no more is known. */
  known(text: string): string {
    const [, year, month] = /^(\d{4})-(\d{2})$/.exec(text) ?? [];
    return year && month ? this.#month.format(Date.UTC(Number(year), Number(month) - 1, 15)) : /^\d{4}-\d{2}-\d{2}/.test(text) ? this.date(text.slice(0, 10)) : text;
  }

  /** The Dutch day on which an instant falls. */
  dayOf(instant: string): string {
    return localDay(instant);
  }

  /** `wo 25 nov`. */
  short(day: string): string {
    const at = noon(day);
    return at === null ? day : this.#short.format(at);
  }

  /** `€ 1.840`, with cents only where there are any. */
  money(amount: number): string {
    return new Intl.NumberFormat(this.#locale, { style: 'currency', currency: 'EUR', minimumFractionDigits: Number.isInteger(amount) ? 0 : 2 }).format(amount);
  }

  /** `vandaag`, `morgen`, `over 3 dagen`; further away than a fortnight, the day itself. */
  near(day: string, today: string): string {
    const count = daysBetween(today, day);
    if (count === null) return day;
    if (count === 0) return this.#t('date.today');
    if (count === 1) return this.#t('date.tomorrow');
    if (count === 2) return this.#t('date.day_after_tomorrow');
    if (count === -1) return this.#t('date.yesterday');
    if (count > 14 || count < -14) return this.day(day, today);
    return count > 0 ? this.#t('date.in_days', { count }) : this.#t('date.days_ago', { count: -count });
  }

  /** `morgen om 10.00 uur`. */
  moment(instant: string, today: string): string {
    return this.#t('date.at', { day: this.near(localDay(instant), today), time: this.time(instant) });
  }

  /** `10.00` or `10:00`. */
  time(instant: string): string {
    const at = new Date(instant);
    if (Number.isNaN(at.getTime())) return instant;
    const { hour, minute } = dutchParts(at);
    return `${Number(hour)}${this.#dutchTime ? '.' : ':'}${minute}`;
  }
}

/** The Dutch hour of an instant, 0 to 23. */
export function hourOf(instant: string): number {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? 0 : Number(dutchParts(at).hour);
}

/** An instant at a time of the Dutch clock, RFC 3339; null when there is no such time. */
export function dutchInstant(day: string, time: string): string | null {
  const [, hour, minute = '00'] = /^(\d{1,2})(?:[.:](\d{2}))?$/.exec(time.trim()) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return null;
  const wall = `${day}T${hour.padStart(2, '0')}:${minute}:00`;
  for (const offset of ['+01:00', '+02:00']) {
    const at = new Date(`${wall}${offset}`);
    if (Number.isNaN(at.getTime())) return null;
    const parts = dutchParts(at);
    if (Number(parts.hour) === Number(hour)) return `${wall}${offset}`;
  }
  return null;
}

/** The day that lies `count` days further. */
export function daysLater(day: string, count: number): string {
  const at = noon(day);
  return at === null ? day : new Date(at + count * DAY).toISOString().slice(0, 10);
}

/** 0 for Monday to 6 for Sunday. */
export function weekday(day: string): number {
  const at = noon(day);
  return at === null ? 0 : (new Date(at).getUTCDay() + 6) % 7;
}

/** The Dutch day on which an instant falls. */
export function localDay(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant.slice(0, 10);
  const { year, month, day } = dutchParts(at);
  return `${year}-${month}-${day}`;
}

function dutchParts(at: Date): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  return Object.fromEntries(DUTCH.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** Whole days from one day to another; null when either is not a day. */
export function daysBetween(from: string, to: string): number | null {
  const a = noon(from);
  const b = noon(to);
  return a === null || b === null ? null : Math.round((b - a) / DAY);
}

/** The day at noon in UTC: far from any change of clocks. */
function noon(day: string): number | null {
  const at = Date.parse(`${day.slice(0, 10)}T12:00:00Z`);
  return Number.isNaN(at) ? null : at;
}
