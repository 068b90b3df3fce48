import { Choice } from '../../components/Choice';
import { useWords } from '../../i18n/I18n';

/** What somebody may see of what was there before they came. */
export type Before = 'all' | 'now';

/** Everything, or only from now on; with what that means. */
export function BeforeChoice({ value, onChange }: { value: Before; onChange: (value: Before) => void }) {
  const { t } = useWords();
  return (
    <>
      <Choice
        legend={t('access.before')}
        value={value}
        options={[
          { value: 'all', label: t('access.before_all') },
          { value: 'now', label: t('access.before_now') },
        ]}
        onChange={onChange}
      />
      <p className="kt-hint" aria-live="polite">
        {t(value === 'now' ? 'access.before_now_text' : 'access.before_all_text')}
      </p>
    </>
  );
}
