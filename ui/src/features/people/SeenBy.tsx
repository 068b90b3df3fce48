import { Face, Faces } from '../../components/Faces';
import { Icon } from '../../components/Icon';
import type { OnlookerView } from '../../generated/OnlookerView';
import { useWords } from '../../i18n/I18n';
import { useLookingOnly } from '../looking/only';
import { hrefOf } from '../shell/route';
import { firstName, firstNames } from './names';

/** "Who sees this", always in view: faces and a sentence, one tap for everybody and how much, one more to change it. */
export function SeenBy({ people, own, manages = false, dossier }: { people: readonly OnlookerView[]; own: boolean; /** May let others in here. */ manages?: boolean; dossier: string }) {
  const { t, term, language } = useWords();
  const looking = useLookingOnly();
  const change = (own || manages) && !looking ? (
    <a className="kt-seen-change" href={hrefOf({ page: 'access', dossier })}>
      {t('action.seen_by_change')}
    </a>
  ) : null;
  if (people.length === 0) {
    return (
      <p className="kt-seen kt-seen-none">
        <Icon name="eye" />
        {own ? t('action.seen_by_nobody') : t('action.seen_by_owner')}
        {change}
      </p>
    );
  }
  // Whoever sees a part of it is on the list, and not in the sentence.
  const names = people.filter((person) => person.sees === 'all').map((person) => person.name);
  const some =
    names.length <= 3
      ? firstNames(names, language)
      : t('action.seen_by_more', { names: names.slice(0, 2).map(firstName).join(', '), rest: names.length - 2 });
  return (
    <details className="kt-seen">
      <summary>
        {names.length === 0 ? <Icon name="eye" /> : <Faces names={names.slice(0, 4)} />}
        <span>{names.length === 0 ? t('action.seen_by_part') : t('action.seen_by', { names: some, count: names.length })}</span>
        <Icon name="chevron" />
      </summary>
      <ul>
        {people.map((person) => (
          <li key={`${person.name} ${person.role}`}>
            <Face name={person.name} />
            <span>
              <strong dir="auto">{person.name}</strong>
              <span className="kt-quiet">{[person.role ? term('role', person.role) : '', person.sees === 'all' ? term('right', person.right) : term('sees', person.sees)].filter(Boolean).join(', ')}</span>
            </span>
          </li>
        ))}
      </ul>
      {change}
    </details>
  );
}
