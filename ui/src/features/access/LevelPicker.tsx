import { Pick } from '../../components/Pick';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { ALL_LEVELS, LEVELS, type Level, type Levels } from './grants';
import { useSectionNames } from './ScopeWords';

/** One choice for each section. */
export function LevelPicker({ dossier, levels, onChange }: { dossier: DossierCard; levels: Levels; onChange: (levels: Levels) => void }) {
  const { t, term } = useWords();
  const sectionName = useSectionNames(dossier);
  const offered = (now: Level): readonly Level[] => ALL_LEVELS.filter((level) => level === now || LEVELS.some((one) => one === level));
  return (
    <fieldset className="kt-field">
      <legend className="kt-label">{t('access.levels')}</legend>
      <p className="kt-hint">{t('access.levels_hint')}</p>
      <div className="kt-levels">
        {dossier.sections.map((section) => (
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
    </fieldset>
  );
}
