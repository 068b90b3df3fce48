import type { Event } from '../generated/Event';
import type { Request } from '../generated/Request';
import { type Answer, type Backend, BackendFault, faultOf, type Listener } from './interface';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Where the bridge is: `?bridge=`, else the build's `VITE_BRIDGE`, else the page's own address.
 * Only this computer is accepted, so that a link cannot point these screens at somebody else's machine.
 */
export function bridgeBase(page: URL, built: string | undefined): string {
  const wanted = page.searchParams.get('bridge') ?? built;
  if (wanted) {
    try {
      const base = new URL(wanted);
      if (base.protocol === 'http:' && LOOPBACK.has(base.hostname)) return base.origin;
    } catch {
      // An unreadable address falls through to the page's own.
    }
  }
  return page.origin;
}

/** The program behind `POST {base}/rpc` and the event stream `{base}/events`. */
export function httpBackend(base: string): Backend {
  return {
    async call<R extends Request>(request: R): Promise<Answer<R>> {
      let reply: Response;
      try {
        reply = await fetch(`${base}/rpc`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(request),
        });
      } catch {
        throw new BackendFault({ code: 'not_reachable', detail: null });
      }
      const body: unknown = await reply.json().catch(() => null);
      if (!reply.ok) throw new BackendFault(faultOf(body));
      return body as Answer<R>;
    },
    listen(listener: Listener) {
      const stream = new EventSource(`${base}/events`);
      stream.onmessage = ({ data }) => listener.event(JSON.parse(data) as Event);
      // Fires on the first connection and after every lost one; in between, events may have passed.
      stream.onopen = () => listener.gap();
      return () => stream.close();
    },
  };
}
