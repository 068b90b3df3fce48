import { useEffect } from 'react';
import { giveBack, onTyped, typedNow, useWaiting } from '../../components/drafts';
import { Notice } from '../../components/Notice';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useLock } from './Lock';

/** So long after the last letter what was typed is kept, in milliseconds. */
const PAUSE = 600;

/** After unlocking: fetches what was typed, and says that it is there for as long as its form was not opened again. */
export function Kept() {
  const { t } = useWords();
  const backend = useBackend();
  const { setOpen } = useLock();
  const waiting = useWaiting();
  useEffect(() => {
    setOpen(true);
    backend.call({ method: 'drafts_take' }).then(
      ({ drafts }) => giveBack(drafts),
      // They stay where they are and come the next time.
      () => undefined,
    );
    return () => setOpen(false);
  }, [backend, setOpen]);
  // A computer that loses its power says no goodbye.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // What could not be kept now is kept at the next letter.
        backend.call({ method: 'drafts_keep', params: { drafts: typedNow() } }).catch(() => undefined);
      }, PAUSE);
    };
    const deaf = onTyped(heard);
    return () => {
      deaf();
      clearTimeout(timer);
    };
  }, [backend]);
  if (waiting === 0) return null;
  return (
    <Notice icon="pencil">
      <p>{t('lock.kept')}</p>
    </Notice>
  );
}
