import type { ReactNode } from 'react';
import { Loading } from '../../components/Notice';
import { PageTitle } from '../../components/Title';
import { useWords } from '../../i18n/I18n';
import type { Live as LiveAnswer } from '../../live/useAnswer';
import { FaultNotice } from './FaultNotice';

/** Shows an answer, and before and beside it how the asking goes. Keeps the page while it is asked again. */
export function Live<T>({ answer, page = false, children }: { answer: LiveAnswer<T>; /** True where nothing else is on the screen yet. */ page?: boolean; children: (data: T) => ReactNode }) {
  const { t } = useWords();
  const retry = () => void answer.refresh();
  if (answer.data === null) {
    const waiting = answer.fault ? <FaultNotice fault={answer.fault} titled={!page} onRetry={retry} /> : <Loading text={t('common.loading')} />;
    if (!page) return waiting;
    return (
      <main className="kt-alone">
        {answer.fault ? <PageTitle>{t('fault.title')}</PageTitle> : null}
        {waiting}
      </main>
    );
  }
  return (
    <>
      {answer.fault ? <FaultNotice fault={answer.fault} stale onRetry={retry} /> : null}
      {children(answer.data)}
    </>
  );
}
