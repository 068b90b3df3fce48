import { useState } from 'react';
import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { faultOf } from '../../backend';
import type { Fault } from '../../generated/Fault';
import type { Paper } from '../../generated/Paper';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { FaultNotice } from '../shell/FaultNotice';
import { useWork, Working } from '../shell/Working';

interface Props {
  paper: Paper;
  /** None for the recovery words: they are of a person, not of a dossier. */
  dossier?: string;
  /** Name of the ticket, for an invitation. */
  invitation?: string;
  /** What the button says. */
  children: string;
}

/** Makes a paper as PDF. The program itself asks where to put it; these pages never see a path. */
export function SavePaper({ paper, dossier, invitation, children }: Props) {
  const { t, language } = useWords();
  const backend = useBackend();
  const work = useWork('print_stop');
  const [state, setState] = useState<'busy' | { saved: string } | { fault: Fault } | null>(null);
  async function save() {
    setState('busy');
    try {
      const printed = await work.follow(backend.call({ method: 'print', params: { paper, dossier: dossier ?? null, invitation: invitation ?? null, lang: language, to: null } }));
      setState(printed === null ? null : { saved: printed.file });
    } catch (thrown) {
      setState({ fault: faultOf(thrown) });
    }
  }
  return (
    <div className="kt-paper">
      <Button icon="paper" busy={state === 'busy'} onClick={() => void save()}>
        {children}
      </Button>
      <Working work={work} busy={t('print.busy')} />
      <div aria-live="polite">
        {state !== null && state !== 'busy' && 'saved' in state ? (
          <Notice icon="check">
            <p>
              {t('print.saved')} <bdi>{state.saved}</bdi>
            </p>
            <p>{paper === 'words' ? t('print.saved_words') : t('print.saved_next')}</p>
          </Notice>
        ) : null}
        {state !== null && state !== 'busy' && 'fault' in state ? <FaultNotice fault={state.fault} onRetry={() => void save()} /> : null}
      </div>
    </div>
  );
}
