import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import type { Fault } from '../../generated/Fault';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';

/** What went wrong, what to do about it, and a button that tries again. */
export function FaultNotice({ fault, stale = false, titled = true, onRetry }: { fault: Fault; stale?: boolean; /** False where the page's own title says it. */ titled?: boolean; onRetry?: () => void }) {
  const { t } = useWords();
  return (
    <Notice icon="alert" tone="warm" title={titled ? t('fault.title') : undefined} alert>
      <p>
        {stale ? `${t('common.stale')} ` : null}
        {t(`fault.${fault.code}` as Key)}
      </p>
      {onRetry ? (
        <Button icon="undo" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      ) : null}
    </Notice>
  );
}
