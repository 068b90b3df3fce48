import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import type { Fault } from '../../generated/Fault';
import { useWords } from '../../i18n/I18n';
import { faultSentence } from './faultSentence';

/** What went wrong, what to do about it, and a button that tries again. */
export function FaultNotice({ fault, stale = false, titled = true, onRetry }: { fault: Fault; stale?: boolean; /** False where the page's own title says it. */ titled?: boolean; onRetry?: () => void }) {
  const words = useWords();
  const { t } = words;
  return (
    <Notice icon="alert" tone="warm" title={titled ? t('fault.title') : undefined} alert>
      <p>
        {stale ? `${t('common.stale')} ` : null}
        {faultSentence(fault, words)}
      </p>
      {onRetry ? (
        <Button icon="undo" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      ) : null}
    </Notice>
  );
}
