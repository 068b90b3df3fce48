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
          if (current) {
            setState((was) => {
              const held = was.key === key ? was.data : null;
              const shared = share(held, data);
              return held !== null && shared === held && was.fault === null ? was : { key, data: shared, fault: null };
            });
          }
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

/**
 * `now`, with whatever `was` says just the same in its place: what did not change stays the same object, and is not drawn
 * again. Things with an id are found again when others came or went before them. Changes `now`, which nobody else holds yet.
 */
export function share<T>(was: unknown, now: T): T {
  if (was === now || typeof was !== 'object' || was === null || typeof now !== 'object' || now === null) return now;
  if (Array.isArray(now)) return Array.isArray(was) ? (shareList(was, now) as T) : now;
  if (Array.isArray(was)) return now;
  const [before, after] = [was as Record<string, unknown>, now as Record<string, unknown>];
  let same = true;
  // Without a list of the keys: thousands of small things are gone through here.
  let keys = 0;
  for (const key in after) {
    keys += 1;
    const value = after[key];
    const shared = share(before[key], value);
    if (shared !== value) after[key] = shared;
    if (shared !== before[key] || (shared === undefined && !(key in before))) same = false;
  }
  for (const _ in before) keys -= 1;
  return same && keys === 0 ? (was as T) : now;
}

function shareList(was: readonly unknown[], now: unknown[]): readonly unknown[] {
  let byId: Map<unknown, unknown> | null = null;
  let same = was.length === now.length;
  for (let at = 0; at < now.length; at += 1) {
    const id = idOf(now[at]);
    let before = was[at];
    if (id !== undefined && idOf(before) !== id) {
      byId ??= new Map(was.map((one) => [idOf(one), one]));
      before = byId.get(id);
    }
    now[at] = share(before, now[at]);
    if (now[at] !== was[at]) same = false;
  }
  return same ? was : now;
}

function idOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
}

/** True for events that touch one of `sections` of `dossier`; an event without sections touches all. */
export function touches(dossier: string, sections: readonly string[]) {
  return (event: Event): boolean =>
    event.event === 'changed' &&
    event.dossier === dossier &&
    (event.sections.length === 0 || event.sections.some((id) => sections.includes(id)));
}
