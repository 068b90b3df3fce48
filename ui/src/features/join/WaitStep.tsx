import { useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { Loading, Notice } from '../../components/Notice';
import { PageTitle } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { JoinStep } from '../../generated/JoinStep';
import type { JoinView } from '../../generated/JoinView';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { firstName } from '../people/names';
import { whyNot, whyRefused } from './why';

const TITLES: Record<JoinStep, Key> = { calling: 'join.calling_title', waiting: 'join.waiting_title', granted: 'join.granted_title', refused: 'join.refused_title', cut_off: 'join.cut_off_title' };

interface Props {
  join: JoinView;
  fault: Fault | null;
  /** Sends the same answer again. */
  onAgain: () => Promise<void>;
  /** Lets go of it, for another invitation. */
  onOther: () => Promise<void>;
  onOpen: () => Promise<void>;
}

/** The answer is on its way: the code to read out, and how it ends. */
export function WaitStep({ join, fault, onAgain, onOther, onOpen }: Props) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const name = join.owner ? firstName(join.owner) : t('join.unknown');
  const during = (work: () => Promise<void>) => () => {
    setBusy(true);
    void work().finally(() => setBusy(false));
  };
  const code = join.code?.match(/\d{4}/g) ?? [];
  return (
    <div className="kt-join">
      <PageTitle>{t(TITLES[join.state], { name })}</PageTitle>
      {join.state === 'calling' ? <Loading text={t('join.calling', { name })} /> : null}
      {join.state === 'waiting' ? (
        <>
          <p className="kt-lead">{t('join.read_out', { name })}</p>
          <p className="kt-digits" role="group" aria-label={t('join.code')} translate="no">
            {code.map((part, index) => (
              <span key={index}>{part}</span>
            ))}
          </p>
          <p>{t('join.read_out_how', { name })}</p>
          <Loading text={t('join.waiting', { name })} />
        </>
      ) : null}
      {join.state === 'granted' ? (
        <Notice icon="check">
          <p role="status">{t('join.granted', { name })}</p>
        </Notice>
      ) : null}
      {join.state === 'refused' ? (
        <Notice icon="alert" tone="warm" alert>
          <p>{t(whyRefused(join.reason))}</p>
        </Notice>
      ) : null}
      {join.state === 'cut_off' ? (
        <Notice icon="alert" tone="warm" alert>
          <p>{t('join.cut_off', { name })}</p>
        </Notice>
      ) : null}
      {fault ? (
        <p className="kt-error" role="alert">
          <Icon name="alert" />
          {t(whyNot(fault))}
        </p>
      ) : null}
      <div className="kt-buttons">
        {join.state === 'granted' ? (
          <Button purpose="primary" busy={busy} onClick={during(onOpen)}>
            {t('join.open')}
          </Button>
        ) : null}
        {join.state === 'cut_off' ? (
          <Button purpose="primary" busy={busy} onClick={during(onAgain)}>
            {t('common.retry')}
          </Button>
        ) : null}
        {join.state === 'granted' ? null : (
          <Button purpose={join.state === 'refused' ? 'primary' : 'subtle'} onClick={during(onOther)}>
            {t(join.state === 'refused' ? 'join.other' : 'join.stop')}
          </Button>
        )}
      </div>
    </div>
  );
}
