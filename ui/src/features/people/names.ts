import type { PersonRef } from '../../generated/PersonRef';
import type { Words } from '../../i18n/I18n';

/** The first word of a name. */
export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name;
}

/** With a capital, where a line begins. */
export function capital(text: string): string {
  return text.slice(0, 1).toLocaleUpperCase() + text.slice(1);
}

/** `Karin, Jeroen en Ria`. */
export function listed(names: readonly string[], language: string): string {
  return new Intl.ListFormat(language, { style: 'long', type: 'conjunction' }).format(names);
}

/** Names in full; somebody without a name by the first digits of their key. */
export function named(people: readonly PersonRef[]): string[] {
  return people.map((person) => person.name ?? person.id.slice(0, 8));
}

export function firstNames(names: readonly string[], language: string): string {
  return listed(names.map(firstName), language);
}

/** People by first name, with "u" for the reader, who comes first. */
export function peopleNamed(people: readonly PersonRef[], me: string | null, words: Words): string {
  const own = people.filter((person) => person.id === me).map(() => words.t('action.you'));
  const others = people.filter((person) => person.id !== me);
  return namedAndOthers([...own, ...others.map((person) => (person.name ? firstName(person.name) : null))], words);
}

/** Names in a row, and how many more there are whose name this reader may not know. */
export function namedAndOthers(names: readonly (string | null)[], { t, language }: Words): string {
  const known = names.filter((name) => name !== null);
  const count = names.length - known.length;
  return listed(count === 0 ? known : [...known, count === 1 ? t('common.unknown_person') : t('common.unknown_people', { count })], language);
}
