import { type ReactNode, useEffect, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Field } from '../../components/Field';
import { Title } from '../../components/Title';
import type { ProfileCreate } from '../../generated/ProfileCreate';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';

/** Characters that a passphrase must have at least: a short one can be guessed by whoever has the file. */
const SHORTEST = 12;

interface NewProfile {
  /** The passphrase fields, on a computer that keeps no keys for its programs; else nothing. */
  fields: ReactNode;
  /** Makes the person. False when a passphrase has to be chosen first, or chosen better. Rejects with a fault. */
  make: (who: ProfileCreate) => Promise<boolean>;
}

/** Makes the person of this home folder, with a passphrase where the computer itself keeps no keys. */
export function useNewProfile(): NewProfile {
  const { t } = useWords();
  const backend = useBackend();
  const [choosing, setChoosing] = useState(false);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [weak, setWeak] = useState<'unlock.short' | 'unlock.differ' | null>(null);
  const first = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const second = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (choosing) first.current?.focus();
  }, [choosing]);

  async function make(who: ProfileCreate): Promise<boolean> {
    if (choosing) {
      const found = passphrase.length < SHORTEST ? 'unlock.short' : passphrase === again ? null : 'unlock.differ';
      setWeak(found);
      if (found) {
        (found === 'unlock.short' ? first : second).current?.focus();
        return false;
      }
    }
    try {
      if (choosing) await backend.call({ method: 'unlock', params: { passphrase } });
      await backend.call({ method: 'profile_create', params: who });
      return true;
    } catch (thrown) {
      // This computer keeps no keys for its programs: a passphrase takes that place.
      if (choosing || faultOf(thrown).code !== 'locked') throw thrown;
      setChoosing(true);
      return false;
    }
  }

  const fields = choosing ? (
    <div className="kt-stack" role="group" aria-labelledby="start-passphrase">
      <Title level={2} id="start-passphrase">
        {t('unlock.choose_title')}
      </Title>
      <p>{t('unlock.choose_lead')}</p>
      <Field
        ref={first}
        label={t('unlock.passphrase')}
        hint={t('unlock.choose_hint')}
        error={weak === 'unlock.short' ? t(weak) : null}
        required
        secret
        autoComplete="new-password"
        value={passphrase}
        onChange={(value) => {
          setPassphrase(value);
          setWeak(null);
        }}
      />
      <Field
        ref={second}
        label={t('unlock.again')}
        error={weak === 'unlock.differ' ? t(weak) : null}
        required
        secret
        autoComplete="new-password"
        value={again}
        onChange={(value) => {
          setAgain(value);
          setWeak(null);
        }}
      />
    </div>
  ) : null;
  return { fields, make };
}
