import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Event } from '../generated/Event';
import type { Request } from '../generated/Request';
import { type Answer, type Backend, BackendFault, faultOf, type Listener } from './interface';

/** The one channel on which the window reports events; an empty message means that some were missed. */
const CHANNEL = 'keukentafel://event';

/** The program inside the desktop window. */
export function tauriBackend(): Backend {
  return {
    async call<R extends Request>(request: R): Promise<Answer<R>> {
      try {
        return await invoke<Answer<R>>('rpc', { request });
      } catch (thrown) {
        throw new BackendFault(faultOf(thrown));
      }
    },
    listen(listener: Listener) {
      const stop = listen<Event | null>(CHANNEL, ({ payload }) =>
        payload === null ? listener.gap() : listener.event(payload),
      );
      // What changed before the channel was open would otherwise stay unseen.
      stop.then(listener.gap, () => undefined);
      return () => void stop.then((off) => off());
    },
  };
}
