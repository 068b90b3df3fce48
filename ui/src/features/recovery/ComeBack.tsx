import { useEffect, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { Field } from '../../components/Field';
import { Notice } from '../../components/Notice';
import { focusNextTitle, PageTitle, Title } from '../../components/Title';
import type { DeviceView } from '../../generated/DeviceView';
import type { DossierCard } from '../../generated/DossierCard';
import type { Lacking } from '../../generated/Lacking';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useWork, Working } from '../shell/Working';
import { Devices } from './Devices';
import { RecoveryFault } from './RecoveryFault';
import { asTyped, problemWith } from './typedWords';
import { useTask } from './useTask';

type Way = 'backup' | 'others' | 'device';

interface Back {
  dossiers: { card: DossierCard; lacking: Lacking | null }[];
  others: DeviceView[];
}

/** Characters that a passphrase must have at least: a short one can be guessed by whoever has the file. */
const SHORTEST = 12;

/** The third way in: a person who was here before, with their words and a backup, a helper, or another device. */
export function ComeBack({ known, onBack, onDone }: { /** The words were given already, without a dossier to show for it. */ known: boolean; onBack: () => void; onDone: (dossier: string) => void }) {
  const spoken = useWords();
  const { t } = spoken;
  const backend = useBackend();
  const task = useTask();
  const work = useWork();
  const [way, setWay] = useState<Way>(known ? 'others' : 'backup');
  const [split, setSplit] = useState(false);
  const [words, setWords] = useState('');
  const [ticket, setTicket] = useState('');
  const [missing, setMissing] = useState<{ words: string | null; ticket: boolean }>({ words: null, ticket: false });
  const [refused, setRefused] = useState(0);
  // A backup was chosen that these words do not open; the program remembers which one.
  const [chosen, setChosen] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [weak, setWeak] = useState<'unlock.short' | 'unlock.differ' | null>(null);
  // The words are taken once; what failed after that is tried again without them.
  const [restored, setRestored] = useState(known);
  const [back, setBack] = useState<Back | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);

  async function comeBack(sameBackup: boolean): Promise<void> {
    if (!restored) {
      if (choosing) await backend.call({ method: 'unlock', params: { passphrase } });
      const lines = words.split('\n').map((line) => line.trim()).filter((line) => line !== '');
      const answer = await work.follow(
        backend.call({
          method: 'restore',
          // Which file, the program itself asks.
          params: { words: split ? null : asTyped(words), shares: split ? lines : [], backup: way === 'backup' ? '' : null, same_backup: sameBackup, name: null },
        }),
      );
      if (answer === null) return;
      setWords('');
      setRestored(true);
      if (way === 'backup') {
        focusNextTitle();
        setBack({ dossiers: answer.dossiers.map((card) => ({ card, lacking: null })), others: answer.others });
        return;
      }
    }
    const answer = await work.follow(backend.call({ method: 'return', params: { ticket } }));
    if (answer === null) return;
    const devices = await backend.call({ method: 'devices' });
    focusNextTitle();
    setBack({ dossiers: answer.dossiers.map(({ dossier, lacking }) => ({ card: dossier, lacking })), others: way === 'device' ? [] : devices.filter((one) => !one.here) });
  }

  function goBack(sameBackup: boolean) {
    // What is wrong with the words is said before anybody looks for a file.
    const found = {
      words: restored ? null : !split ? problemWith(words, spoken) : words.trim() === '' ? t('recovery.words_missing') : null,
      ticket: way !== 'backup' && ticket.trim() === '',
    };
    setMissing(found);
    const tooWeak = !choosing || restored ? null : passphrase.length < SHORTEST ? 'unlock.short' : passphrase === again ? null : 'unlock.differ';
    setWeak(tooWeak);
    if (found.words !== null || found.ticket || tooWeak) {
      task.setFault(null);
      setRefused((times) => times + 1);
      return;
    }
    void task.run(async () => {
      try {
        await comeBack(sameBackup);
      } catch (thrown) {
        const { code, detail } = faultOf(thrown);
        if (detail?.startsWith('backup_')) setChosen(detail === 'backup_other');
        // This computer keeps no keys for its programs: a passphrase takes that place.
        if (code === 'locked' && !choosing) setChoosing(true);
        else throw thrown;
      }
    });
  }

  if (back) return <Arrived back={back} onBack={onBack} onDone={onDone} />;
  return (
    <form
      ref={form}
      noValidate
      className="kt-check"
      onSubmit={(event) => {
        event.preventDefault();
        goBack(way === 'backup' && chosen);
      }}
    >
      <PageTitle key="come-back">{t('recovery.title')}</PageTitle>
      <p className="kt-lead">{t('recovery.lead')}</p>
      <Choice
        legend={t('recovery.way')}
        value={way}
        options={(restored ? (['others', 'device'] as const) : (['backup', 'others', 'device'] as const)).map((value) => ({ value, label: t(`recovery.way_${value}`) }))}
        onChange={setWay}
      />
      <p>{t(`recovery.about_${way}`)}</p>
      {restored ? null : (
        <>
          <Field
            label={t(split ? 'recovery.shares' : 'recovery.words')}
            hint={t(split ? 'recovery.shares_hint' : 'recovery.words_hint')}
            error={missing.words}
            multiline
            required
            spellCheck={false}
            value={words}
            onChange={(value) => {
              setWords(value);
              setMissing((was) => ({ ...was, words: null }));
            }}
          />
          <div className="kt-buttons">
            <Button
              purpose="subtle"
              onClick={() => {
                setSplit(!split);
                setWords('');
                setMissing((was) => ({ ...was, words: null }));
              }}
            >
              {t(split ? 'recovery.words_use' : 'recovery.shares_use')}
            </Button>
          </div>
        </>
      )}
      {way === 'backup' ? (
        <p className="kt-hint">{t(chosen ? 'recovery.file_kept' : 'recovery.file_hint')}</p>
      ) : (
        <Field
          label={t('recovery.ticket')}
          hint={t('recovery.ticket_hint')}
          error={missing.ticket ? t('recovery.ticket_missing') : null}
          multiline
          required
          spellCheck={false}
          value={ticket}
          onChange={(value) => {
            setTicket(value);
            setMissing((was) => ({ ...was, ticket: false }));
          }}
        />
      )}
      {choosing && !restored ? (
        <div className="kt-stack" role="group" aria-labelledby="come-back-passphrase">
          <Title level={2} id="come-back-passphrase">
            {t('unlock.choose_title')}
          </Title>
          <p>{t('unlock.choose_lead')}</p>
          <Field label={t('unlock.passphrase')} hint={t('unlock.choose_hint')} error={weak === 'unlock.short' ? t(weak) : null} required secret autoComplete="new-password" value={passphrase} onChange={setPassphrase} />
          <Field label={t('unlock.again')} error={weak === 'unlock.differ' ? t(weak) : null} required secret autoComplete="new-password" value={again} onChange={setAgain} />
        </div>
      ) : null}
      {task.fault ? <RecoveryFault fault={task.fault} /> : null}
      <Working work={work} busy={t('recovery.busy')} />
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={task.busy}>
          {t(way !== 'backup' ? 'recovery.go' : chosen ? 'recovery.go_same' : 'recovery.go_file')}
        </Button>
        {way === 'backup' && chosen ? (
          <Button busy={task.busy} onClick={() => goBack(false)}>
            {t('recovery.go_else')}
          </Button>
        ) : null}
        <Button purpose="subtle" onClick={onBack}>
          {t('recovery.back')}
        </Button>
      </div>
    </form>
  );
}

/** What is back, what is not, and what to do about the device of before. */
function Arrived({ back, onBack, onDone }: { back: Back; onBack: () => void; onDone: (dossier: string) => void }) {
  const { t } = useWords();
  const [others, setOthers] = useState(back.others);
  const first = back.dossiers[0];
  const whole = back.dossiers.every((one) => !one.lacking?.private);
  return (
    <div className="kt-check">
      <PageTitle key="arrived">{t('recovery.done_title')}</PageTitle>
      {first === undefined ? <p className="kt-lead">{t('recovery.done_none')}</p> : null}
      {first !== undefined && whole ? <p className="kt-lead">{t('recovery.done_whole')}</p> : null}
      {back.dossiers.map(({ card, lacking }) => (lacking?.private ? <Incomplete key={card.id} dossier={card} lacking={lacking} /> : null))}
      {others.length > 0 ? (
        <section className="kt-kind" aria-labelledby="arrived-others">
          <Title level={2} id="arrived-others">
            {t('recovery.old')}
          </Title>
          <p>{t('recovery.old_text')}</p>
          <Devices devices={others} onChanged={(devices) => setOthers(devices.filter((one) => !one.here))} />
        </section>
      ) : null}
      <div className="kt-buttons">
        {first === undefined ? (
          <Button purpose="primary" onClick={onBack}>
            {t('recovery.back')}
          </Button>
        ) : (
          <Button purpose="primary" onClick={() => onDone(first.card.id)}>
            {t('recovery.to_dossier')}
          </Button>
        )}
      </div>
    </div>
  );
}

/** A dossier that others gave back: they held only what they were given. */
function Incomplete({ dossier, lacking }: { dossier: DossierCard; lacking: Lacking }) {
  const { t, term } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [begun, setBegun] = useState(false);
  if (begun) return <p aria-live="polite">{t('recovery.begun')}</p>;
  return (
    <Notice icon="lightbulb" title={t('recovery.lacking')}>
      <p>{t('recovery.lacking_private')}</p>
      {lacking.sections.length > 0 ? <p>{t('recovery.lacking_sections', { sections: lacking.sections.map((id) => term('section', id)).join(', ') })}</p> : null}
      <p>{t('recovery.lacking_ask')}</p>
      {task.fault ? <RecoveryFault fault={task.fault} /> : null}
      <Button
        busy={task.busy}
        onClick={() =>
          void task.run(async () => {
            await backend.call({ method: 'begin_again', params: { dossier: dossier.id } });
            setBegun(true);
          })
        }
      >
        {t('recovery.begin')}
      </Button>
    </Notice>
  );
}
