import { useEffect, useSyncExternalStore } from 'react';
import { focusNextTitle } from '../../components/Title';

export type Route = { page: 'home' } | { page: 'dossiers' } | { page: 'today' | 'plan'; dossier: string };

export function parseRoute(hash: string): Route {
  const [kind, dossier, page] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  if (kind === 'dossiers') return { page: 'dossiers' };
  if (kind === 'd' && dossier) return { page: page === 'plan' ? 'plan' : 'today', dossier };
  return { page: 'home' };
}

export function hrefOf(route: Route): string {
  if (route.page === 'home') return '#/';
  if (route.page === 'dossiers') return '#/dossiers';
  return `#/d/${encodeURIComponent(route.dossier)}/${route.page}`;
}

function subscribe(changed: () => void) {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

/** The page that the address names. A change of page moves the focus to the new page's title. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  useEffect(() => {
    window.addEventListener('hashchange', focusNextTitle, { capture: true });
    return () => window.removeEventListener('hashchange', focusNextTitle, { capture: true });
  }, []);
  return parseRoute(hash);
}

export function go(route: Route) {
  window.location.hash = hrefOf(route);
}
