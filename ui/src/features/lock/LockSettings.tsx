import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { Title } from '../../components/Title';
import { useWords } from '../../i18n/I18n';
import { LOCK_AFTER, type Preferences, QUICK_KEY } from '../shell/preferences';
import { useLock } from './Lock';

/** When the dossier locks by itself, and how one is gone at once. */
export function LockSettings({ preferences, change }: { preferences: Preferences; change: (part: Partial<Preferences>) => void }) {
  const { t } = useWords();
  const { lock } = useLock();
  return (
    <section className="kt-kind" aria-labelledby="safety-lock">
      <Title level={2} id="safety-lock">
        {t('lock.title')}
      </Title>
      <p>{t('lock.text')}</p>
      <Choice legend={t('lock.after')} value={preferences.lockAfter} options={LOCK_AFTER.map((value) => ({ value, label: value === 'never' ? t('lock.never') : t('lock.minutes', { count: Number(value) }) }))} onChange={(lockAfter) => change({ lockAfter })} />
      <Choice legend={t('lock.key')} value={preferences.quickKey} options={QUICK_KEY.map((value) => ({ value, label: t(`lock.key_${value}`) }))} onChange={(quickKey) => change({ quickKey })} />
      <p className="kt-quiet">{t('lock.quick_text')}</p>
      <div className="kt-buttons">
        <Button icon="lock" onClick={lock}>
          {t('lock.now')}
        </Button>
      </div>
    </section>
  );
}
