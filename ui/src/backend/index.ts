import { bridgeBase, httpBackend } from './http';
import type { Backend } from './interface';
import { tauriBackend } from './tauri';

export { type Answer, type Backend, BackendFault, CONTRACT, faultOf, type Listener } from './interface';

/** The window's own program when there is a window, else the bridge on this computer. */
export function chooseBackend(): Backend {
  if ('__TAURI_INTERNALS__' in window) return tauriBackend();
  return httpBackend(bridgeBase(new URL(window.location.href), import.meta.env.VITE_BRIDGE));
}
