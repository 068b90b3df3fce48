import { Icon } from '../../components/Icon';
import { Pick } from '../../components/Pick';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { admits, ALL_LEVELS, LEVELS, type Level, type Levels } from './grants';
import { useSectionNames } from './ScopeWords';

/** One choice for each section. Only the resident lets somebody look after a part, and reads first what that means. */
export function LevelPicker({ dossier, levels, onChange }: { dossier: DossierCard; levels: Levels; onChange: (levels: Levels) => void }) {
  const { t, term } = useWords();
  const sectionName = useSectionNames(dossier);
  const offered = (now: Level): readonly Level[] => ALL_LEVELS.filter((level) => level === now || ((dossier.own || level !== 'beheren') && LEVELS.some((one) => one === level)));
  const manages = Object.values(levels).includes('beheren');
  return (
    <fieldset className="kt-field">
      <legend className="kt-label">{t('access.levels')}</legend>
      <p className="kt-hint">{t('access.levels_hint')}</p>
      <div className="kt-levels">
        {admits(dossier).map((section) => (
          <Pick
            key={section.id}
            beside
            label={sectionName(section.id)}
            value={levels[section.id] ?? 'none'}
            options={offered(levels[section.id] ?? 'none').map((level) => ({ value: level, label: term('level', level) }))}
            onChange={(level) => onChange({ ...levels, [section.id]: level as Level })}
          />
        ))}
      </div>
      <div role="status">
        {manages ? (
          <p className="kt-fact">
            <Icon name="shield" />
            <span>{t('access.manages_means')}</span>
          </p>
        ) : null}
      </div>
    </fieldset>
  );
}
