import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { typedNow } from '../../components/drafts';
import { Icon } from '../../components/Icon';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import type { Preferences } from '../shell/preferences';

/** Two presses within this time are one wish to be gone, in milliseconds. */
const TWICE = 700;
/** How often the time without a sign of life is looked at, in milliseconds. */
const LOOK = 5_000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;

interface Lock {
  /** Closes the dossier and forgets its keys; the unlock page stands in its place. */
  lock: () => void;
  /** Says that there is something to lock. */
  setOpen: (open: boolean) => void;
}

const LockContext = createContext<Lock | null>(null);

/**
 * Locks after a while without a sign of life, and leaves at once when asked: first nothing is on the screen, then the rest.
 * What was typed goes into the sealed database before the keys are forgotten.
 */
export function LockProvider({ preferences, children }: { preferences: Preferences; children: ReactNode }) {
  const { t } = useWords();
  const backend = useBackend();
  const [round, setRound] = useState(0);
  const [gone, setGone] = useState(false);
  const open = useRef(false);
  const busy = useRef(false);

  const shut = useCallback(
    async (leave: boolean, before: Readonly<Record<string, string>> = {}) => {
      if (busy.current) return;
      busy.current = true;
      const drafts = { ...before, ...typedNow() };
      flushSync(() => setGone(true));
      window.scrollTo(0, 0);
      try {
        await backend.call({ method: 'lock', params: { drafts, leave } });
      } catch {
        // What could not be kept is not worth staying open for.
      } finally {
        busy.current = false;
        open.current = false;
        setRound((was) => was + 1);
        setGone(false);
      }
    },
    [backend],
  );

  useEffect(() => {
    if (preferences.lockAfter === 'never') return;
    const patience = Number(preferences.lockAfter) * 60_000;
    let last = Date.now();
    const sign = () => {
      last = Date.now();
    };
    // A computer that slept has no timers: the clock is looked at when it wakes.
    const look = () => {
      if (open.current && Date.now() - last >= patience) void shut(false);
    };
    for (const name of SIGNS) window.addEventListener(name, sign, { passive: true });
    document.addEventListener('visibilitychange', look);
    const timer = setInterval(look, LOOK);
    return () => {
      for (const name of SIGNS) window.removeEventListener(name, sign);
      document.removeEventListener('visibilitychange', look);
      clearInterval(timer);
    };
  }, [preferences.lockAfter, shut]);

  useEffect(() => {
    if (preferences.quickKey === 'off') return;
    let before = Number.NEGATIVE_INFINITY;
    let typed: Readonly<Record<string, string>> = {};
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.repeat) return;
      if (event.timeStamp - before < TWICE) void shut(true, typed);
      before = event.timeStamp;
      // The first press may close a form: what stood in it is not given up by somebody who wants to be gone.
      typed = typedNow();
    };
    // First of all, so that nothing that also hears Escape can keep it.
    window.addEventListener('keydown', press, { capture: true });
    return () => window.removeEventListener('keydown', press, { capture: true });
  }, [preferences.quickKey, shut]);

  const lock = useMemo<Lock>(
    () => ({
      lock: () => void shut(false),
      setOpen: (now) => {
        open.current = now;
      },
    }),
    [shut],
  );
  if (gone) return <div className="kt-gone" />;
  return (
    <LockContext value={lock}>
      <div key={round} className="kt-round">
        {children}
      </div>
      <button type="button" className="kt-quick" onClick={() => void shut(true)}>
        <Icon name="close" />
        {t('lock.quick')}
      </button>
    </LockContext>
  );
}

export function useLock(): Lock {
  const lock = use(LockContext);
  if (!lock) throw new Error('LockProvider is missing');
  return lock;
}
