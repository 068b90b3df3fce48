import { useState } from 'react';
import { Button } from '../../components/Button';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { PageTitle, Title } from '../../components/Title';
import { faultOf } from '../../backend';
import type { DeliveryView } from '../../generated/DeliveryView';
import type { DossierCard } from '../../generated/DossierCard';
import type { Fault } from '../../generated/Fault';
import type { Finding } from '../../generated/Finding';
import type { Verified } from '../../generated/Verified';
import type { Words } from '../../generated/Words';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { useDeliveryWords } from '../access/delivery';
import { LockSettings } from '../lock/LockSettings';
import { Backup, KeepSafe } from '../recovery/KeepSafe';
import { FaultNotice } from '../shell/FaultNotice';
import { Live } from '../shell/Live';
import type { Preferences } from '../shell/preferences';
import { useWork, Working } from '../shell/Working';
import { hrefOf } from '../shell/route';
import { RecoveryWords } from '../start/RecoveryWords';
import { MyTeam } from '../team/Team';

/** Whether the dossier is whole, who has it, and the words that bring it back. */
export function SafetyPage({ dossier, preferences, change }: { dossier: DossierCard; preferences: Preferences; change: (part: Partial<Preferences>) => void }) {
  const { t } = useWords();
  const [words, setWords] = useState<Words | null>(null);
  if (words) return <RecoveryWords words={words} done={t('safety.words_back')} onDone={() => setWords(null)} />;
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('safety.title')}</PageTitle>
        <p className="kt-lead">{t('safety.lead')}</p>
      </div>
      <Findings />
      <Deliveries dossier={dossier} />
      <Backup own={dossier.own} />
      {dossier.own ? <Recovery onWords={setWords} /> : null}
      <MyTeam own={dossier.own} onWords={setWords} />
      <LockSettings preferences={preferences} change={change} />
      <Leave dossier={dossier} />
      <section className="kt-kind" aria-labelledby="safety-more">
        <Title level={2} id="safety-more">
          {t('safety.more')}
        </Title>
        <Check />
        <KeepSafe dossier={dossier} />
      </section>
    </>
  );
}

/** Looks at every signature and hash, when asked: on a large dossier that takes a while. */
function Check() {
  const { t } = useWords();
  const backend = useBackend();
  const work = useWork();
  const [state, setState] = useState<'busy' | Verified | { fault: Fault } | null>(null);
  async function run() {
    setState('busy');
    try {
      setState(await work.follow(backend.call({ method: 'verify' })));
    } catch (thrown) {
      setState({ fault: faultOf(thrown) });
    }
  }
  const waiting = state !== null && state !== 'busy' && 'ok' in state ? state.compartments.reduce((sum, one) => sum + one.waiting, 0) : 0;
  return (
    <Fold summary={t('safety.check')}>
      <div className="kt-kind">
        <p>{t('safety.check_text')}</p>
        <div className="kt-buttons">
          <Button icon="shield" busy={state === 'busy'} onClick={() => void run()}>
            {t('safety.check_now')}
          </Button>
        </div>
        <Working work={work} busy={t('safety.checking')} />
        <div aria-live="polite">
          {state !== null && state !== 'busy' && 'fault' in state ? <FaultNotice fault={state.fault} onRetry={() => void run()} /> : null}
          {state !== null && state !== 'busy' && 'ok' in state ? (
            state.ok ? (
              <Notice icon="check" title={t('safety.whole')}>
                <p>{t('safety.whole_text', { count: state.items })}</p>
                {waiting > 0 ? <p>{t('safety.outside', { count: waiting })}</p> : null}
              </Notice>
            ) : (
              <Notice icon="alert" tone="warm" title={t('safety.broken')}>
                <p>{t('safety.broken_text')}</p>
                <Fold summary={t('safety.details')}>
                  <ul className="kt-code">
                    {state.faults.map((fault) => (
                      <li key={fault}>{fault}</li>
                    ))}
                  </ul>
                </Fold>
              </Notice>
            )
          ) : null}
        </div>
      </div>
    </Fold>
  );
}

/** What each finding says, by how it is. */
const SAID: Readonly<Record<string, Readonly<Record<string, Key>>>> = {
  database: { ok: 'safety.database_ok', fault: 'safety.database_fault' },
  clean_stop: { ok: 'safety.clean_stop_ok', note: 'safety.clean_stop_note' },
  profile: { ok: 'safety.profile_ok', fault: 'safety.profile_fault' },
  dossiers: { ok: 'safety.dossiers_ok' },
  peers: { ok: 'safety.peers_ok', note: 'safety.peers_note' },
  waiting: { ok: 'safety.waiting_ok', note: 'safety.waiting_note' },
  epochs: { ok: 'safety.epochs_ok', note: 'safety.epochs_note' },
  clock: { ok: 'safety.clock_ok', fault: 'safety.clock_fault' },
};

/** What the program finds about itself, in words. */
function Findings() {
  const { t } = useWords();
  const answer = useAnswer({ method: 'doctor' }, (event) => event.event === 'changed');
  const words = (finding: Finding) => {
    const key = SAID[finding.check]?.[finding.state];
    return key ? t(key, { detail: finding.detail ?? '' }) : `${finding.check}: ${finding.detail ?? finding.state}`;
  };
  const row = (finding: Finding) => (
    <li key={finding.check}>
      <Icon name={finding.state === 'ok' ? 'check' : finding.state === 'note' ? 'lightbulb' : 'alert'} />
      <span>{words(finding)}</span>
    </li>
  );
  return (
    <section className="kt-kind" aria-labelledby="safety-state">
      <Title level={2} id="safety-state">
        {t('safety.state')}
      </Title>
      <Live answer={answer}>{(findings) => <ul className="kt-card kt-lines">{[...findings].filter((one) => one.state !== 'ok' || one.check === 'database' || one.check === 'clock').map(row)}</ul>}</Live>
    </section>
  );
}

function Recovery({ onWords }: { onWords: (words: Words) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const [fault, setFault] = useState<Fault | null>(null);
  async function show() {
    try {
      onWords(await backend.call({ method: 'recovery_words' }));
    } catch (thrown) {
      setFault(faultOf(thrown));
    }
  }
  return (
    <section className="kt-kind" aria-labelledby="safety-words">
      <Title level={2} id="safety-words">
        {t('start.words_title')}
      </Title>
      <p>{t('safety.words_text')}</p>
      {fault ? <FaultNotice fault={fault} /> : null}
      <div className="kt-buttons">
        <Button icon="eye" onClick={() => void show()}>
          {t('safety.words_show')}
        </Button>
      </div>
    </section>
  );
}

/** The way out is never far. */
function Leave({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  return (
    <section className="kt-kind" aria-labelledby="safety-leave">
      <Title level={2} id="safety-leave">
        {t('print.leave')}
      </Title>
      <p>{dossier.own ? t('print.leave_lead') : t('print.leave_lead_helper')}</p>
      <p>
        <a className="kt-link" href={hrefOf({ page: 'leave', dossier: dossier.id })}>
          <Icon name="folders" />
          {t('print.leave_link')}
        </a>
      </p>
    </section>
  );
}

function Deliveries({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const words = useDeliveryWords();
  const answer = useAnswer({ method: 'sync_status', params: { dossier: dossier.id } }, () => true);
  function named(device: DeliveryView, all: readonly DeliveryView[]): string {
    const name = device.name ?? t('common.unknown_person');
    const theirs = all.filter((one) => one.person === device.person);
    return theirs.length > 1 ? t('safety.computer_of', { name, number: theirs.indexOf(device) + 1 }) : name;
  }
  return (
    <section className="kt-kind" aria-labelledby="safety-who">
      <Title level={2} id="safety-who">
        {t('safety.who')}
      </Title>
      <p className="kt-quiet">{t('safety.offline')}</p>
      <Live answer={answer}>
        {(devices) =>
          devices.length === 0 ? (
            <p className="kt-card kt-quiet">{t('safety.alone')}</p>
          ) : (
            <ul className="kt-card kt-lines">
              {devices.map((device) => (
                <li key={device.device}>
                  <Icon name={device.waiting === 0 ? 'check' : 'clock'} />
                  <span>{words(device, named(device, devices))}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Live>
    </section>
  );
}
