import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Icon, type IconName } from '../../components/Icon';
import { Mark } from '../../components/Mark';
import { focusNextTitle, PageTitle, Title } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { ProfileView } from '../../generated/ProfileView';
import type { Words } from '../../generated/Words';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { firstName } from '../people/names';
import { DisplayMenu, LanguageChoice } from '../shell/DisplayMenu';
import { ComeBack } from '../recovery/ComeBack';
import { FaultNotice } from '../shell/FaultNotice';
import type { Preferences } from '../shell/preferences';
import { hrefOf } from '../shell/route';
import { RecoveryWords } from './RecoveryWords';
import { useNewProfile } from './useNewProfile';

interface Props {
  profile: ProfileView | null;
  preferences: Preferences;
  change: (part: Partial<Preferences>) => void;
  /** The dossier that was made. */
  onDone: (dossier: string) => void;
}

const PROMISES: { icon: IconName; title: 'start.promise_own' | 'start.promise_choose' | 'start.promise_once'; text: 'start.promise_own_text' | 'start.promise_choose_text' | 'start.promise_once_text' }[] = [
  { icon: 'home', title: 'start.promise_own', text: 'start.promise_own_text' },
  { icon: 'eye', title: 'start.promise_choose', text: 'start.promise_choose_text' },
  { icon: 'speech', title: 'start.promise_once', text: 'start.promise_once_text' },
];

/** From nothing to a dossier of one's own: a name, the recovery words, done. */
export function StartPage({ profile, preferences, change, onDone }: Props) {
  const { t } = useWords();
  const backend = useBackend();
  const [name, setName] = useState('');
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const person = useNewProfile();
  const [dossier, setDossier] = useState<string | null>(null);
  const [returning, setReturning] = useState(false);
  const [words, setWords] = useState<Words | null>(null);
  // What already succeeded is not made again when a later step has to be tried once more.
  const known = useRef(profile !== null);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (profile) known.current = true;
  }, [profile]);

  async function make() {
    if (!known.current && name.trim() === '') {
      setMissing(true);
      input.current?.focus();
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      if (!known.current) {
        if (!(await person.make({ name: name.trim(), organisation: null, function: null }))) return;
        known.current = true;
      }
      let made = dossier;
      if (made === null) {
        made = (await backend.call({ method: 'dossier_new', params: { title: null } })).id;
        setDossier(made);
      }
      const recovery = await backend.call({ method: 'recovery_words' });
      focusNextTitle();
      setWords(recovery);
    } catch (thrown) {
      setFault(faultOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (!busy) void make();
  }

  if (words && dossier) {
    return (
      <StartFrame preferences={preferences} change={change}>
        <main className="kt-start-words">
          <RecoveryWords words={words} onDone={() => onDone(dossier)} />
        </main>
      </StartFrame>
    );
  }
  if (returning) {
    return (
      <StartFrame preferences={preferences} change={change}>
        <main className="kt-start-words">
          <ComeBack
            known={profile !== null}
            onBack={() => {
              focusNextTitle();
              setReturning(false);
            }}
            onDone={onDone}
          />
        </main>
      </StartFrame>
    );
  }
  const knownName = profile ? firstName(profile.name) : null;
  return (
    <StartFrame preferences={preferences} change={change}>
      <main className="kt-start-main">
        <div className="kt-start-say">
          <PageTitle>{knownName ? t('start.hello', { name: knownName }) : t('start.title')}</PageTitle>
          <p className="kt-lead">{knownName ? t('start.no_dossier') : t('start.lead')}</p>
          <ul className="kt-promises">
            {PROMISES.map((promise) => (
              <li key={promise.title}>
                <Icon name={promise.icon} />
                <div>
                  <Title level={2}>{t(promise.title)}</Title>
                  <p className="kt-quiet">{t(promise.text)}</p>
                </div>
              </li>
            ))}
          </ul>
        </div>
        <form className="kt-card kt-start-form" noValidate onSubmit={submit} aria-label={t('start.make')}>
          <LanguageChoice preferences={preferences} change={change} />
          {knownName ? null : (
            <Field
              ref={input}
              label={t('start.name')}
              hint={t('start.name_hint')}
              error={missing ? t('start.name_missing') : null}
              required
              spellCheck={false}
              autoComplete="name"
              value={name}
              onChange={(value) => {
                setName(value);
                setMissing(false);
              }}
            />
          )}
          {person.fields}
          {fault ? <FaultNotice fault={fault} /> : null}
          <Button type="submit" purpose="primary" busy={busy}>
            {busy ? t('start.make_busy') : t('start.make')}
          </Button>
          <Button
            onClick={() => {
              focusNextTitle();
              setReturning(true);
            }}
          >
            {t('recovery.have')}
          </Button>
          <p className="kt-start-other">
            {t('start.invited')} <a href={hrefOf({ page: 'join' })}>{t('start.invited_link')}</a>
          </p>
        </form>
      </main>
    </StartFrame>
  );
}

/** What stands around a page as long as there is no dossier: the sign, and how things are shown. */
export function StartFrame({ preferences, change, children }: { preferences: Preferences; change: (part: Partial<Preferences>) => void; children: ReactNode }) {
  const { t } = useWords();
  return (
    <div className="kt-start">
      <header className="kt-start-top">
        <p className="kt-brand">
          <Mark />
          {t('common.app')}
        </p>
        <DisplayMenu preferences={preferences} change={change} />
      </header>
      {children}
    </div>
  );
}
