import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Answer, faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import type { Fault } from '../../generated/Fault';
import type { Request } from '../../generated/Request';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { faultSentence } from './faultSentence';

interface Said {
  text: string;
  /** Dossier whose last step can still be undone. */
  undo: string | null;
  /** The last step was taken back already, and there is one before it. */
  further?: boolean;
  /** Dossier in which what was taken back can be done again. */
  redo?: string | null;
  fault: boolean;
}

interface Steps {
  /** Sends a change and says in words what was done, with a way back. True when it succeeded. */
  take: (request: Step, said: string, options?: { undo: boolean }) => Promise<boolean>;
  /** The same, with the answer; none when it failed. Says nothing where the next page does. */
  ask: <R extends Step>(request: R, said: string | null, options?: { undo: boolean }) => Promise<Answer<R> | null>;
}

type Step = Request & { params: { dossier: string | null } };

const StepsContext = createContext<Steps | null>(null);

/**
 * The last step, said aloud and undoable. It stays until the next step or until it is closed: nobody
 * has to be quick.
 */
export function StepsProvider({ place, dossier, children }: { /** The page; another one clears what was said. */ place: string; /** The dossier on the page, whose steps the keyboard takes back. */ dossier: string | null; children: ReactNode }) {
  const words = useWords();
  const { t } = words;
  const backend = useBackend();
  const [said, setSaid] = useState<Said | null>(null);
  const [walking, setWalking] = useState(false);
  const [saidAt, setSaidAt] = useState(place);
  if (saidAt !== place) {
    setSaidAt(place);
    setSaid(null);
  }

  const fail = useCallback((fault: Fault) => setSaid({ text: faultSentence(fault, words), undo: null, fault: true }), [words]);
  const steps = useMemo<Steps>(() => {
    const ask: Steps['ask'] = async (request, text, { undo } = { undo: true }) => {
      try {
        const answer = await backend.call(request);
        setSaid(text === null ? null : { text, undo: undo ? request.params.dossier : null, fault: false });
        return answer;
      } catch (thrown) {
        fail(faultOf(thrown));
        return null;
      }
    };
    return { ask, take: async (...step) => (await ask(...step)) !== null };
  }, [backend, fail]);

  const walk = useCallback(
    async (method: 'undo' | 'redo', where: string) => {
      setWalking(true);
      try {
        const { left, again } = await backend.call({ method, params: { dossier: where } });
        setSaid({ text: t(method === 'undo' ? 'common.undone' : 'common.redone'), undo: left > 0 ? where : null, further: method === 'undo', redo: again > 0 ? where : null, fault: false });
      } catch (thrown) {
        const fault = faultOf(thrown);
        if (fault.code === 'not_found') setSaid({ text: t(`common.${method}_none`), undo: null, fault: false });
        else fail(fault);
      } finally {
        setWalking(false);
      }
    },
    [backend, fail, t],
  );
  // A button that was pressed and is there no longer must not take the focus along.
  const bar = useRef<HTMLElement>(null);
  const pressed = useRef(false);
  useEffect(() => {
    if (walking || !pressed.current) return;
    pressed.current = false;
    if (!bar.current?.contains(document.activeElement)) bar.current?.querySelector('button')?.focus();
  }, [walking]);
  function press(method: 'undo' | 'redo', where: string) {
    pressed.current = true;
    void walk(method, where);
  }
  useEffect(() => {
    if (dossier === null) return undefined;
    const keys = (event: KeyboardEvent) => {
      const method = walkOf(event);
      if (method === null || event.repeat || isWritten(event.target)) return;
      event.preventDefault();
      void walk(method, dossier);
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [dossier, walk]);

  return (
    <StepsContext value={steps}>
      {children}
      <section ref={bar} className="kt-steps" aria-label={t('shell.message')} data-shown={said !== null}>
        <p role="status" className="kt-steps-text" data-fault={said?.fault}>
          {said ? (
            <>
              <Icon name={said.fault ? 'alert' : 'check'} />
              <span dir="auto">{said.text}</span>
            </>
          ) : null}
        </p>
        {said ? (
          <div className="kt-steps-buttons">
            {said.undo ? (
              <Button icon="undo" busy={walking} onClick={() => said.undo && press('undo', said.undo)}>
                {said.further ? t('common.undo_further') : t('common.undo')}
              </Button>
            ) : null}
            {said.redo ? (
              <Button icon="redo" busy={walking} onClick={() => said.redo && press('redo', said.redo)}>
                {t('common.redo')}
              </Button>
            ) : null}
            <button type="button" className="kt-close" aria-label={t('common.close')} onClick={() => setSaid(null)}>
              <Icon name="close" />
            </button>
          </div>
        ) : null}
      </section>
    </StepsContext>
  );
}

/** What these keys mean everywhere outside a text: Ctrl+Z, and Ctrl+Shift+Z or Ctrl+Y; on a Mac with Command. */
function walkOf(event: KeyboardEvent): 'undo' | 'redo' | null {
  if (event.altKey || !(event.ctrlKey || event.metaKey)) return null;
  const key = event.key.toLowerCase();
  if (key === 'z') return event.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !event.shiftKey ? 'redo' : null;
}

/** Inside a text these keys belong to the letters. */
function isWritten(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type));
}

const NO_STEPS: Steps = { take: async () => false, ask: async () => null };

/** Around pages that are only looked at: there is no step to take. */
export function NoSteps({ children }: { children: ReactNode }) {
  return <StepsContext value={NO_STEPS}>{children}</StepsContext>;
}

export function useSteps(): Steps {
  const steps = use(StepsContext);
  if (!steps) throw new Error('StepsProvider is missing');
  return steps;
}
