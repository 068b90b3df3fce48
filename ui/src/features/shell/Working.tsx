import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Loading } from '../../components/Notice';
import { useWords } from '../../i18n/I18n';
import { useLive } from '../../live/BackendProvider';

interface Work {
  /** How much is done, in thousands of bytes; none while nothing is under way. */
  kilobytes: number | null;
  /** The last one was stopped. */
  stopped: boolean;
  /** Follows the work on a file that this answer ends. */
  follow: <T>(answer: Promise<T>) => Promise<T>;
  stop: () => void;
}

/** Work that takes a while, such as a backup or a check: how far it is, and a way to stop it. */
export function useWork(stop: 'work_stop' | 'print_stop' = 'work_stop'): Work {
  const { backend, listen } = useLive();
  const [kilobytes, setKilobytes] = useState<number | null>(null);
  const [stopped, setStopped] = useState(false);
  const asked = useRef(false);
  useEffect(() => listen({ event: (event) => (event.event === 'working' && stop === 'work_stop' ? setKilobytes((was) => (was === null ? was : event.kilobytes)) : undefined), gap: () => undefined }), [listen, stop]);
  return {
    kilobytes,
    stopped,
    async follow(answer) {
      asked.current = false;
      setStopped(false);
      setKilobytes(0);
      try {
        const given = await answer;
        setStopped(asked.current && given === null);
        return given;
      } finally {
        setKilobytes(null);
      }
    },
    stop() {
      asked.current = true;
      backend.call({ method: stop }).catch(() => undefined);
    },
  };
}

/** How far the work is, and the button that stops it. */
export function Working({ work, busy }: { work: Work; /** What is said before anything is done. */ busy: string }) {
  const { t } = useWords();
  const going = work.kilobytes !== null;
  return (
    <>
      {going ? (
        <div className="kt-card kt-progress">
          <Loading text={work.kilobytes ? t('common.working', { busy, size: Math.max(1, Math.round(work.kilobytes / 1000)) }) : busy} />
          <Button icon="stop" onClick={work.stop}>
            {t('print.stop')}
          </Button>
        </div>
      ) : null}
      <p aria-live="polite">{work.stopped && !going ? t('print.stopped') : null}</p>
    </>
  );
}
