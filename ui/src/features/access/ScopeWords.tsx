import type { DossierCard } from '../../generated/DossierCard';
import type { ScopeView } from '../../generated/ScopeView';
import { useWords } from '../../i18n/I18n';
import { Icon, type IconName } from '../../components/Icon';
import { listed } from '../people/names';
import { LEVELS, levelsOf, type Level } from './grants';

const ICON: Record<Level, IconName> = { none: 'close', dat: 'flag', zien: 'eye', aanvullen: 'plus', aanpassen: 'pencil' };

/** Name of a section: the resident's own, else ours. */
export function useSectionNames(dossier: DossierCard): (id: string) => string {
  const { term } = useWords();
  return (id) => dossier.sections.find((section) => section.id === id)?.label ?? term('section', id);
}

/** What somebody may do, in words: one line for each level, the largest first. */
export function ScopeWords({ dossier, scopes }: { dossier: DossierCard; scopes: readonly ScopeView[] }) {
  const { term, language } = useWords();
  const sectionName = useSectionNames(dossier);
  const levels = levelsOf(scopes);
  const lines = [...LEVELS]
    .reverse()
    .map((level) => ({ level, names: Object.keys(levels).filter((id) => levels[id] === level).map(sectionName) }))
    .filter((line) => line.names.length > 0);
  return (
    <ul className="kt-scopes">
      {lines.map(({ level, names }) => (
        <li key={level}>
          <Icon name={ICON[level]} />
          <span>
            <strong>{term('level', level)}</strong>: <span dir="auto">{listed(names, language)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
