import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Notice } from '../../components/Notice';
import { Pick } from '../../components/Pick';
import { Title } from '../../components/Title';
import type { BackupState } from '../../generated/BackupState';
import type { DeviceView } from '../../generated/DeviceView';
import type { DossierCard } from '../../generated/DossierCard';
import type { SharesMade } from '../../generated/SharesMade';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { useMoment } from '../access/useMoment';
import { Live } from '../shell/Live';
import { useWork, Working } from '../shell/Working';
import { Devices } from './Devices';
import { RecoveryFault } from './RecoveryFault';
import { ShowWay } from './ShowWay';
import { asTyped, problemWith } from './typedWords';
import { useTask } from './useTask';

/** Everything with which a person comes back, and what they can do before it is needed. */
export function KeepSafe({ dossier }: { dossier: DossierCard }) {
  return (
    <>
      {dossier.own ? <TryPaper /> : null}
      {dossier.own ? <Trusted /> : null}
      <MyDevices />
      <ShowWay dossier={dossier} />
      <ChangePassphrase />
      <RemoveDossier dossier={dossier} />
    </>
  );
}

export function Backup({ own }: { own: boolean }) {
  const { t } = useWords();
  const answer = useAnswer({ method: 'backup_state' }, () => false);
  return (
    <section className="kt-kind" aria-labelledby="safety-backup">
      <Title level={2} id="safety-backup">
        {t('recovery.backup')}
      </Title>
      <p>{t('recovery.backup_text')}</p>
      <Live answer={answer}>{(state) => <BackupForm state={state} own={own} onMade={() => void answer.refresh()} />}</Live>
    </section>
  );
}

function BackupForm({ state, own, onMade }: { state: BackupState; own: boolean; onMade: () => void }) {
  const { t } = useWords();
  const moment = useMoment();
  const backend = useBackend();
  const task = useTask();
  const work = useWork();
  const [written, setWritten] = useState<string | null>(null);
  function make() {
    setWritten(null);
    void task.run(async () => {
      const made = await work.follow(backend.call({ method: 'backup', params: { file: state.suggested } }));
      if (made === null) return;
      setWritten(made.file);
      onMade();
    });
  }
  return (
    <div className="kt-stack">
      {state.made ? <p>{t('recovery.backup_last', { when: moment(state.made) })}</p> : null}
      {state.due ? (
        <Notice icon="lightbulb">
          <p>{t(state.made ? 'recovery.backup_due' : 'recovery.backup_never')}</p>
        </Notice>
      ) : state.made || own ? null : <p>{t('recovery.backup_never')}</p>}
      <p className="kt-hint">{t('recovery.backup_hint')}</p>
      {task.fault ? <RecoveryFault fault={task.fault} /> : null}
      <div className="kt-buttons">
        <Button purpose="primary" icon="shield" busy={task.busy} onClick={make}>
          {t('recovery.backup_go')}
        </Button>
      </div>
      <Working work={work} busy={t('recovery.backup_busy')} />
      <div aria-live="polite">
        {written ? (
          <Notice icon="check" title={t('recovery.backup_done')}>
            <p>{t('recovery.backup_done_text', { file: written })}</p>
          </Notice>
        ) : null}
      </div>
    </div>
  );
}

/** A paper that was tried is a paper that works. */
function TryPaper() {
  const spoken = useWords();
  const { t } = spoken;
  const backend = useBackend();
  const task = useTask();
  const [words, setWords] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [good, setGood] = useState(false);
  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setGood(false);
    const found = problemWith(words, spoken);
    setWrong(found);
    task.setFault(null);
    if (found !== null) {
      event.currentTarget.querySelector('textarea')?.focus();
      return;
    }
    void task.run(async () => {
      await backend.call({ method: 'recovery_check', params: { words: asTyped(words) } });
      setWords('');
      setGood(true);
    });
  }
  return (
    <Fold summary={t('recovery.test')}>
      <div className="kt-kind">
        <p>{t('recovery.test_text')}</p>
        <form noValidate onSubmit={submit} className="kt-stack">
          <Field
            label={t('recovery.words')}
            hint={t('recovery.words_hint')}
            error={wrong}
            multiline
            spellCheck={false}
            value={words}
            onChange={(value) => {
              setWords(value);
              setWrong(null);
            }}
          />
          {task.fault ? <RecoveryFault fault={task.fault} /> : null}
          <div className="kt-buttons">
            <Button type="submit" busy={task.busy}>
              {t('recovery.test_go')}
            </Button>
          </div>
        </form>
        <div aria-live="polite">
          {good ? (
            <Notice icon="check" title={t('recovery.test_good')}>
              <p>{t('recovery.test_good_text')}</p>
            </Notice>
          ) : null}
        </div>
      </div>
    </Fold>
  );
}

const MOST = 7;
const numbers = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => ({ value: String(from + at), label: String(from + at) }));

function Trusted() {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [count, setCount] = useState(3);
  const [needed, setNeeded] = useState(2);
  const [made, setMade] = useState<SharesMade | null>(null);
  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    void task.run(async () => setMade(await backend.call({ method: 'recovery_split', params: { needed, count } })));
  }
  return (
    <Fold summary={t('recovery.trust')}>
      <div className="kt-kind">
        <p>{t('recovery.trust_text')}</p>
        {made ? (
          <div className="kt-stack">
            <Title level={3}>{t('recovery.trust_done')}</Title>
            <p>{t('recovery.trust_done_text', { needed: made.needed })}</p>
            <ol className="kt-stack kt-shares">
              {made.shares.map((share, index) => (
                <li key={share} className="kt-card">
                  <strong>{t('recovery.trust_share', { number: index + 1 })}</strong>
                  <p className="kt-code" translate="no">
                    {share}
                  </p>
                </li>
              ))}
            </ol>
            <div className="kt-buttons">
              <Button onClick={() => window.print()}>{t('recovery.trust_print')}</Button>
              <Button purpose="subtle" onClick={() => setMade(null)}>
                {t('recovery.trust_hide')}
              </Button>
            </div>
          </div>
        ) : (
          <form noValidate onSubmit={submit} className="kt-stack">
            <Pick
              label={t('recovery.trust_count')}
              value={String(count)}
              options={numbers(2, MOST)}
              onChange={(value) => {
                setCount(Number(value));
                setNeeded((was) => Math.min(was, Number(value)));
              }}
            />
            <Pick label={t('recovery.trust_needed')} value={String(needed)} options={numbers(2, count)} onChange={(value) => setNeeded(Number(value))} />
            {task.fault ? <RecoveryFault fault={task.fault} /> : null}
            <div className="kt-buttons">
              <Button type="submit" busy={task.busy}>
                {t('recovery.trust_go')}
              </Button>
            </div>
          </form>
        )}
      </div>
    </Fold>
  );
}

function MyDevices() {
  const { t } = useWords();
  const answer = useAnswer({ method: 'devices' }, (event) => event.event === 'changed');
  const [changed, setChanged] = useState<DeviceView[] | null>(null);
  return (
    <Fold summary={t('recovery.devices')}>
      <div className="kt-kind">
        <Live answer={answer}>{(devices) => <Devices devices={changed ?? devices} onChanged={setChanged} />}</Live>
      </div>
    </Fold>
  );
}

/** Characters that a passphrase must have at least: a short one can be guessed by whoever has the file. */
const SHORTEST = 12;

function ChangePassphrase() {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [weak, setWeak] = useState<'unlock.short' | 'unlock.differ' | null>(null);
  const [done, setDone] = useState(false);
  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setDone(false);
    const found = fresh.length < SHORTEST ? 'unlock.short' : fresh === again ? null : 'unlock.differ';
    setWeak(found);
    if (found) return;
    void task.run(async () => {
      await backend.call({ method: 'passphrase_change', params: { old, new: fresh } });
      setOld('');
      setFresh('');
      setAgain('');
      setDone(true);
    });
  }
  return (
    <Fold summary={t('recovery.pass')}>
      <div className="kt-kind">
        <p>{t('recovery.pass_text')}</p>
        <form noValidate onSubmit={submit} className="kt-stack">
          <Field label={t('recovery.pass_old')} secret required autoComplete="current-password" value={old} onChange={setOld} />
          <Field label={t('recovery.pass_new')} hint={t('unlock.choose_hint')} error={weak === 'unlock.short' ? t(weak) : null} secret required autoComplete="new-password" value={fresh} onChange={setFresh} />
          <Field label={t('unlock.again')} error={weak === 'unlock.differ' ? t(weak) : null} secret required autoComplete="new-password" value={again} onChange={setAgain} />
          {task.fault ? <RecoveryFault fault={task.fault} /> : null}
          <div className="kt-buttons">
            <Button type="submit" busy={task.busy}>
              {t('recovery.pass_go')}
            </Button>
          </div>
        </form>
        <p aria-live="polite">{done ? t('recovery.pass_done') : null}</p>
      </div>
    </Fold>
  );
}

function RemoveDossier({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [asked, setAsked] = useState(false);
  return (
    <Fold summary={t('recovery.remove')}>
      <div className="kt-kind">
        <p>{t('recovery.remove_text')}</p>
        {dossier.own ? <p>{t('recovery.remove_own')}</p> : null}
        {task.fault ? <RecoveryFault fault={task.fault} /> : null}
        <div className="kt-buttons">
          {asked ? (
            <>
              <Button icon="stop" busy={task.busy} onClick={() => void task.run(async () => void (await backend.call({ method: 'dossier_remove', params: { dossier: dossier.id, without_backup: false } })))}>
                {t('recovery.remove_sure')}
              </Button>
              <Button purpose="subtle" onClick={() => setAsked(false)}>
                {t('common.cancel')}
              </Button>
            </>
          ) : (
            <Button onClick={() => setAsked(true)}>{t('recovery.remove_go')}</Button>
          )}
        </div>
      </div>
    </Fold>
  );
}
