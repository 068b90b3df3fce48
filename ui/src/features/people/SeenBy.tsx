import { Face, Faces } from '../../components/Faces';
import { Icon } from '../../components/Icon';
import type { OnlookerView } from '../../generated/OnlookerView';
import { useWords } from '../../i18n/I18n';
import { useLookingOnly } from '../looking/only';
import { hrefOf } from '../shell/route';
import { firstName, firstNames } from './names';

/** "Who sees this", always in view: faces and a sentence, one tap for the whole list, one more to change it. */
export function SeenBy({ people, own, dossier }: { people: readonly OnlookerView[]; own: boolean; dossier: string }) {
  const { t, term, language } = useWords();
  const looking = useLookingOnly();
  const change = own && !looking ? (
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
  const names = people.map((person) => person.name);
  const sentence =
    names.length <= 3
      ? firstNames(names, language)
      : t('action.seen_by_more', { names: names.slice(0, 2).map(firstName).join(', '), rest: names.length - 2 });
  return (
    <details className="kt-seen">
      <summary>
        <Faces names={names.slice(0, 4)} />
        <span>{t('action.seen_by', { names: sentence, count: names.length })}</span>
        <Icon name="chevron" />
      </summary>
      <ul>
        {people.map((person) => (
          <li key={`${person.name} ${person.role}`}>
            <Face name={person.name} />
            <span>
              <strong dir="auto">{person.name}</strong>
              <span className="kt-quiet">{[person.role ? term('role', person.role) : '', term('right', person.right)].filter(Boolean).join(', ')}</span>
            </span>
          </li>
        ))}
      </ul>
      {change}
    </details>
  );
}
