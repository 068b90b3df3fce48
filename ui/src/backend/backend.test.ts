import { mockIPC, clearMocks } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendFault, faultOf } from './interface';
import { tauriBackend } from './tauri';

afterEach(() => {
  clearMocks();
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

it('reads a fault out of whatever was thrown', () => {
  expect(faultOf(new BackendFault({ code: 'disk_full', detail: null })).code).toBe('disk_full');
  expect(faultOf(null).code).toBe('internal');
});
