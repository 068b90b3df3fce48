import { mockIPC, clearMocks } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BackendFault, faultOf } from './interface';
import { bridgeBase, httpBackend } from './http';
import { tauriBackend } from './tauri';

afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

const refused = (code: string) => expect.objectContaining({ fault: { code, detail: null } });

describe('the window', () => {
  it('forwards the request as one argument of the one command', async () => {
    const seen: unknown[] = [];
    mockIPC((command, args) => {
      seen.push(command, args);
      return { ids: [] };
    });
    await expect(tauriBackend().call({ method: 'undo', params: { dossier: 'd1' } })).resolves.toEqual({ ids: [] });
    expect(seen).toEqual(['rpc', { request: { method: 'undo', params: { dossier: 'd1' } } }]);
  });

  it('hands a refusal on as a fault, and anything unreadable as our own', async () => {
    mockIPC(() => Promise.reject({ code: 'locked', detail: null }));
    await expect(tauriBackend().call({ method: 'status' })).rejects.toEqual(refused('locked'));
    mockIPC(() => Promise.reject('boom'));
    await expect(tauriBackend().call({ method: 'status' })).rejects.toEqual(refused('internal'));
  });
});

describe('the bridge', () => {
  const page = (search: string) => new URL(`http://127.0.0.1:5000/${search}`);

  it('is found in the address, in the build, or on the page itself', () => {
    expect(bridgeBase(page('?bridge=http://localhost:9'), undefined)).toBe('http://localhost:9');
    expect(bridgeBase(page(''), 'http://[::1]:8080/x')).toBe('http://[::1]:8080');
    expect(bridgeBase(page(''), undefined)).toBe('http://127.0.0.1:5000');
  });

  it.each(['http://example.org', 'https://127.0.0.1:1', 'http://127.0.0.1.example.org', 'javascript:alert(1)', '//x'])('never leaves this computer for %s', (address) => {
    expect(bridgeBase(page(`?bridge=${encodeURIComponent(address)}`), undefined)).toBe('http://127.0.0.1:5000');
  });

  it('posts the request and reads the answer', async () => {
    const fetched = vi.fn(async () => new Response(JSON.stringify({ ids: ['a'] })));
    vi.stubGlobal('fetch', fetched);
    await expect(httpBackend('http://127.0.0.1:1').call({ method: 'undo', params: { dossier: 'd' } })).resolves.toEqual({ ids: ['a'] });
    expect(fetched).toHaveBeenCalledWith('http://127.0.0.1:1/rpc', expect.objectContaining({ method: 'POST', body: '{"method":"undo","params":{"dossier":"d"}}' }));
  });

  it('tells a refusal, an unreadable answer and silence apart', async () => {
    const backend = httpBackend('http://127.0.0.1:1');
    vi.stubGlobal('fetch', async () => new Response('{"code":"in_use","detail":null}', { status: 409 }));
    await expect(backend.call({ method: 'status' })).rejects.toEqual(refused('in_use'));
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 500 }));
    await expect(backend.call({ method: 'status' })).rejects.toEqual(refused('internal'));
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('refused')));
    await expect(backend.call({ method: 'status' })).rejects.toEqual(refused('not_reachable'));
  });

  it('reports a gap on every connection, since events may have passed before it', () => {
    class Stream {
      static last: Stream;
      onopen?: () => void;
      onmessage?: (message: { data: string }) => void;
      close = vi.fn();
      constructor(readonly url: string) {
        Stream.last = this;
      }
    }
    vi.stubGlobal('EventSource', Stream);
    const listener = { event: vi.fn(), gap: vi.fn() };
    const stop = httpBackend('http://127.0.0.1:1').listen(listener);
    Stream.last.onopen?.();
    Stream.last.onmessage?.({ data: '{"event":"changed","dossier":"d","sections":[]}' });
    Stream.last.onopen?.();
    stop();
    expect(listener.gap).toHaveBeenCalledTimes(2);
    expect(listener.event).toHaveBeenCalledWith({ event: 'changed', dossier: 'd', sections: [] });
    expect(Stream.last.url).toBe('http://127.0.0.1:1/events');
    expect(Stream.last.close).toHaveBeenCalled();
  });
});

it('reads a fault out of whatever was thrown', () => {
  expect(faultOf(new BackendFault({ code: 'disk_full', detail: null })).code).toBe('disk_full');
  expect(faultOf(null).code).toBe('internal');
});
