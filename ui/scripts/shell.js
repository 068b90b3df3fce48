// Stands in a browser where the desktop shell stands in the window: the one command over `POST /rpc`, the one channel
// as server-sent events of `/events`. Served beside the built pages by the test bridge and by `npm run fixtures`, and
// no part of them: what the window ships knows no other way to its program.
(() => {
  const CHANNEL = 'keukentafel://event';
  const heard = new Map();
  let last = 0;
  let stream = null;

  function tell(payload) {
    for (const [id, { event, handler }] of heard) if (event === CHANNEL) handler({ event, id, payload });
  }
  function opened() {
    stream ??= new Promise((done) => {
      let first = true;
      (function connect() {
        const source = new EventSource('/events');
        source.onmessage = ({ data }) => tell(JSON.parse(data));
        source.onopen = () => {
          done();
          // Between two connections events may have passed.
          if (!first) tell(null);
          first = false;
        };
        // The browser tries again by itself, except after a refusal.
        source.onerror = () => {
          if (source.readyState === EventSource.CLOSED) setTimeout(connect, 200);
        };
      })();
    });
    return stream;
  }
  async function rpc({ request }) {
    let reply;
    try {
      reply = await fetch('/rpc', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
    } catch {
      throw { code: 'not_reachable', detail: null };
    }
    const body = await reply.json();
    if (!reply.ok) throw body;
    return body;
  }

  const callbacks = new Map();
  window.__TAURI_INTERNALS__ = {
    transformCallback(callback) {
      callbacks.set((last += 1), callback);
      return last;
    },
    unregisterCallback: (id) => callbacks.delete(id),
    async invoke(command, given) {
      if (command === 'rpc') return rpc(given);
      if (command === 'plugin:event|listen') {
        heard.set(given.handler, { event: given.event, handler: callbacks.get(given.handler) });
        await opened();
        return given.handler;
      }
      if (command === 'plugin:event|unlisten') return void heard.delete(given.eventId);
      throw `no such command here: ${command}`;
    },
  };
  window.__TAURI_EVENT_PLUGIN_INTERNALS__ = { unregisterListener: (_event, id) => heard.delete(id) };
  // As the window does.
  Object.freeze(Object.prototype);
})();
