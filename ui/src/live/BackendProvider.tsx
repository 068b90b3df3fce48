import { createContext, type ReactNode, use, useEffect, useMemo, useRef } from 'react';
import type { Backend, Listener } from '../backend';

interface Live {
  backend: Backend;
  /** Adds a listener to the one subscription of the page. */
  listen(listener: Listener): () => void;
}

const LiveContext = createContext<Live | null>(null);

/** Gives the screens one backend and one shared subscription to its events. */
export function BackendProvider({ backend, children }: { backend: Backend; children: ReactNode }) {
  const listeners = useRef(new Set<Listener>());
  useEffect(
    () =>
      backend.listen({
        event: (event) => listeners.current.forEach((one) => one.event(event)),
        gap: () => listeners.current.forEach((one) => one.gap()),
      }),
    [backend],
  );
  const live = useMemo<Live>(
    () => ({
      backend,
      listen(listener) {
        const all = listeners.current;
        all.add(listener);
        return () => void all.delete(listener);
      },
    }),
    [backend],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The same events and another program to ask: for pages that are shown through other eyes. */
export function OtherProgram({ backend, children }: { backend: Backend; children: ReactNode }) {
  const { listen } = useLive();
  const live = useMemo<Live>(() => ({ backend, listen }), [backend, listen]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error('BackendProvider is missing');
  return live;
}

export function useBackend(): Backend {
  return useLive().backend;
}
