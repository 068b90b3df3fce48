import type { DossierCard } from '../../generated/DossierCard';
import type { ScopeView } from '../../generated/ScopeView';
import { sectionName, useWords } from '../../i18n/I18n';
import { Icon, type IconName } from '../../components/Icon';
import { firstName, listed } from '../people/names';
import { ALL_LEVELS, levelsOf, type Level, type Levels } from './grants';

const ICON: Record<Level, IconName> = { none: 'close', dat: 'flag', 'aanvullen:dat': 'flag', 'aanpassen:dat': 'flag', nood: 'alert', zien: 'eye', aanvullen: 'plus', aanpassen: 'pencil', beheren: 'shield' };

/** Name of a section: the resident's own, else ours. */
export function useSectionNames(dossier: Pick<DossierCard, 'sections'>): (id: string) => string {
  const words = useWords();
  return (id) => sectionName(dossier.sections.find((section) => section.id === id) ?? { id }, words);
}

/** What somebody may do, in words. */
export function ScopeWords({ dossier, scopes }: { dossier: Pick<DossierCard, 'sections'>; scopes: readonly ScopeView[] }) {
  const { t, language } = useWords();
  const sectionName = useSectionNames(dossier);
  const limited = scopes.filter((scope) => scope.only_about);
  if (limited.length === 0) return <LevelWords dossier={dossier} levels={levelsOf(scopes)} />;
  // Whoever sees only what is about some people gets copies from the agenda, and nothing else.
  const words = ({ section, only_about }: ScopeView) => {
    const names = (only_about ?? []).flatMap((one) => (one.name ? [firstName(one.name)] : []));
    if (section !== 'agenda') return t('access.about_nothing');
    return names.length > 0 ? t('access.about_agenda', { names: listed(names, language) }) : t('access.about_agenda_some');
  };
  return (
    <ul className="kt-scopes">
      {limited.map((scope) => (
        <li key={scope.section}>
          <Icon name={scope.section === 'agenda' ? 'flag' : 'close'} />
          <span>
            <strong dir="auto">{words(scope)}</strong>: <span dir="auto">{sectionName(scope.section)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** One line for each level, the largest first. */
export function LevelWords({ dossier, levels }: { dossier: Pick<DossierCard, 'sections'>; levels: Levels }) {
  const { term, language } = useWords();
  const sectionName = useSectionNames(dossier);
  const lines = ALL_LEVELS.filter((level) => level !== 'none')
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
