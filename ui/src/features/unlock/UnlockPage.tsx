import { type SubmitEvent, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { PageTitle } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { CardsOutside } from '../crisis/CardsOutside';
import type { Preferences } from '../shell/preferences';
import { StartFrame } from '../start/StartPage';

/** True when only somebody who opens it is missing. */
export function wantsPassphrase(fault: Fault): boolean {
  return fault.code === 'wrong_passphrase' || (fault.code === 'locked' && (fault.detail === 'passphrase' || fault.detail === 'shut'));
}

/** Asks for the passphrase of this home folder. */
export function UnlockPage({ fault, preferences, change, onOpen }: { /** Why the folder is shut. */ fault: Fault; preferences: Preferences; change: (part: Partial<Preferences>) => void; onOpen: () => Promise<void> }) {
  const { t } = useWords();
  const backend = useBackend();
  const [passphrase, setPassphrase] = useState('');
  const [wrong, setWrong] = useState<Key | null>(fault.code === 'wrong_passphrase' ? 'unlock.wrong' : null);
  // The computer itself keeps the key: there is nothing to type.
  const keyring = fault.detail === 'shut';
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);

  async function open(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    if (passphrase === '' && !keyring) {
      setWrong('unlock.missing');
      input.current?.focus();
      return;
    }
    setBusy(true);
    try {
      await backend.call({ method: 'unlock', params: { passphrase } });
      await onOpen();
    } catch (thrown) {
      const { code } = faultOf(thrown);
      setWrong(code === 'wrong_passphrase' ? 'unlock.wrong' : (`fault.${code}` as Key));
      input.current?.focus();
      input.current?.select();
    } finally {
      setBusy(false);
    }
  }

  return (
    <StartFrame preferences={preferences} change={change}>
      <main className="kt-unlock">
        <PageTitle>{t('unlock.title')}</PageTitle>
        <p className="kt-lead">{keyring ? t('lock.keyring') : t('unlock.lead')}</p>
        <form className="kt-card kt-start-form" noValidate aria-label={t('unlock.title')} onSubmit={(event) => void open(event)}>
          {keyring ? null : (
            <Field
              ref={input}
              label={t('unlock.passphrase')}
              error={wrong ? t(wrong) : null}
              required
              secret
              autoComplete="current-password"
              spellCheck={false}
              value={passphrase}
              onChange={(value) => {
                setPassphrase(value);
                setWrong(null);
              }}
            />
          )}
          {keyring && wrong ? <p className="kt-error">{t(wrong)}</p> : null}
          <Button type="submit" purpose="primary" busy={busy}>
            {busy ? t('unlock.busy') : t('unlock.open')}
          </Button>
        </form>
        {keyring ? null : <p className="kt-quiet">{t('unlock.forgotten')}</p>}
        <CardsOutside />
      </main>
    </StartFrame>
  );
}
