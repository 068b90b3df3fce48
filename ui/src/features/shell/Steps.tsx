import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import { type Answer, faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import type { Fault } from '../../generated/Fault';
import type { Request } from '../../generated/Request';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';

interface Said {
  text: string;
  /** Dossier whose last step can still be undone. */
  undo: string | null;
  fault: boolean;
}

interface Steps {
  /** Sends a change and says in words what was done, with a way back. True when it succeeded. */
  take: (request: Step, said: string, options?: { undo: boolean }) => Promise<boolean>;
  /** The same, with the answer; none when it failed. */
  ask: <R extends Step>(request: R, said: string, options?: { undo: boolean }) => Promise<Answer<R> | null>;
}

type Step = Request & { params: { dossier: string | null } };

const StepsContext = createContext<Steps | null>(null);

/**
 * The last step, said aloud and undoable. It stays until the next step or until it is closed: nobody
 * has to be quick.
 */
export function StepsProvider({ place, children }: { /** The page; another one clears what was said. */ place: string; children: ReactNode }) {
  const { t } = useWords();
  const backend = useBackend();
  const [said, setSaid] = useState<Said | null>(null);
  const [undoing, setUndoing] = useState(false);
  const [saidAt, setSaidAt] = useState(place);
  if (saidAt !== place) {
    setSaidAt(place);
    setSaid(null);
  }

  const fail = useCallback((fault: Fault) => setSaid({ text: t(`fault.${fault.code}` as Key), undo: null, fault: true }), [t]);
  const steps = useMemo<Steps>(() => {
    const ask: Steps['ask'] = async (request, text, { undo } = { undo: true }) => {
      try {
        const answer = await backend.call(request);
        setSaid({ text, undo: undo ? request.params.dossier : null, fault: false });
        return answer;
      } catch (thrown) {
        fail(faultOf(thrown));
        return null;
      }
    };
    return { ask, take: async (...step) => (await ask(...step)) !== null };
  }, [backend, fail]);

  async function undo(dossier: string) {
    setUndoing(true);
    try {
      await backend.call({ method: 'undo', params: { dossier } });
      setSaid({ text: t('common.undone'), undo: null, fault: false });
    } catch (thrown) {
      fail(faultOf(thrown));
    } finally {
      setUndoing(false);
    }
  }

  return (
    <StepsContext value={steps}>
      {children}
      <section className="kt-steps" aria-label={t('shell.message')} data-shown={said !== null}>
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
              <Button icon="undo" busy={undoing} onClick={() => said.undo && void undo(said.undo)}>
                {t('common.undo')}
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

export function useSteps(): Steps {
  const steps = use(StepsContext);
  if (!steps) throw new Error('StepsProvider is missing');
  return steps;
}
