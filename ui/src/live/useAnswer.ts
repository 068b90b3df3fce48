import { useCallback, useEffect, useRef, useState } from 'react';
import { type Answer, faultOf } from '../backend';
import type { Event } from '../generated/Event';
import type { Fault } from '../generated/Fault';
import type { Request } from '../generated/Request';
import { useLive } from './BackendProvider';

export interface Live<T> {
  /** The newest answer; stays on the screen while a newer one is fetched. */
  data: T | null;
  /** Why the last attempt failed; null after a success. */
  fault: Fault | null;
  /** Asks again. Resolves when the answer, or the fault, is on the screen. */
  refresh: () => Promise<void>;
}

/**
 * Asks `request`, and asks again whenever `affects` says that an event touches it. Answers never
 * overtake each other: while one is under way, any number of events lead to exactly one more.
 */
export function useAnswer<R extends Request>(request: R, affects: (event: Event) => boolean): Live<Answer<R>> {
  const { backend, listen } = useLive();
  const key = JSON.stringify(request);
  const [state, setState] = useState<{ key: string; data: Answer<R> | null; fault: Fault | null }>({
    key,
    data: null,
    fault: null,
  });
  const affectsNow = useRef(affects);
  useEffect(() => {
    affectsNow.current = affects;
  });
  const fetcher = useRef<() => Promise<void>>(async () => undefined);

  useEffect(() => {
    let current = true;
    let again = false;
    let underWay: Promise<void> | null = null;
    const asked = JSON.parse(key) as R;

    async function run() {
      do {
        again = false;
        try {
          const data = await backend.call(asked);
          if (current) setState({ key, data, fault: null });
        } catch (thrown) {
          const fault = faultOf(thrown);
          if (current) setState((was) => ({ key, data: was.key === key ? was.data : null, fault }));
        }
      } while (again && current);
    }
    function fetchOnce(): Promise<void> {
      if (underWay) again = true;
      else underWay = run().finally(() => (underWay = null));
      return underWay;
    }
    fetcher.current = fetchOnce;
    void fetchOnce();
    const stop = listen({
      event: (event) => {
        if (affectsNow.current(event)) void fetchOnce();
      },
      gap: () => void fetchOnce(),
    });
    return () => {
      current = false;
      stop();
    };
  }, [backend, key, listen]);

  const refresh = useCallback(() => fetcher.current(), []);
  const own = state.key === key;
  return { data: own ? state.data : null, fault: own ? state.fault : null, refresh };
}

/** True for events that touch one of `sections` of `dossier`; an event without sections touches all. */
export function touches(dossier: string, sections: readonly string[]) {
  return (event: Event): boolean =>
    event.event === 'changed' &&
    event.dossier === dossier &&
    (event.sections.length === 0 || event.sections.some((id) => sections.includes(id)));
}
