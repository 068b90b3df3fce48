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

export function firstNames(names: readonly string[], language: string): string {
  return listed(names.map(firstName), language);
}

/** People by first name, with "u" for the reader, who comes first. */
export function peopleNamed(people: readonly PersonRef[], me: string | null, { t, language }: Words): string {
  const own = people.filter((person) => person.id === me).map(() => t('action.you'));
  const others = people.filter((person) => person.id !== me);
  return listed([...own, ...others.map((person) => (person.name ? firstName(person.name) : t('common.unknown_person')))], language);
}
