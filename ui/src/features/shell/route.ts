import { useEffect, useSyncExternalStore } from 'react';
import { focusNextTitle } from '../../components/Title';

/** Pages of a dossier that need nothing but the dossier. */
export const DOSSIER_PAGES = ['today', 'plan', 'agenda', 'notes', 'sections', 'access', 'invite', 'log', 'safety', 'leave'] as const;
export type DossierPage = (typeof DOSSIER_PAGES)[number];

export type Route =
  | { page: 'home' }
  | { page: 'dossiers' }
  | { page: 'join' }
  | { page: DossierPage; dossier: string }
  | { page: 'section'; dossier: string; section: string }
  | { page: 'past'; dossier: string; /** A day or the name of a step; none to choose one. */ at: string | null }
  | { page: 'table'; dossier: string; /** None: where it was left. */ step: string | null };

/** Sections that have a page of their own. */
const OWN_PAGE: Readonly<Record<string, DossierPage>> = { plan: 'plan', agenda: 'agenda', verslagen: 'notes' };

export function parseRoute(hash: string): Route {
  const [kind, dossier, page, section] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (kind === 'dossiers' || kind === 'join') return { page: kind };
  if (kind !== 'd' || !dossier) return { page: 'home' };
  if (page === 'past') return { page, dossier, at: section || null };
  if (page === 'section' && section) return { page, dossier, section };
  if (page === 'table') return { page, dossier, step: section || null };
  return { page: DOSSIER_PAGES.find((one) => one === page) ?? 'today', dossier };
}

/** An address that somebody typed may hold what is no text at all. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

export function hrefOf(route: Route): string {
  if (route.page === 'home') return '#/';
  if (route.page === 'dossiers' || route.page === 'join') return `#/${route.page}`;
  const base = `#/d/${encodeURIComponent(route.dossier)}/${route.page}`;
  const more = route.page === 'section' ? route.section : route.page === 'past' ? route.at : route.page === 'table' ? route.step : null;
  return more === null ? base : `${base}/${encodeURIComponent(more)}`;
}

/** The page on which a section is shown. */
export function sectionRoute(dossier: string, section: string): Route {
  const own = OWN_PAGE[section];
  return own ? { page: own, dossier } : { page: 'section', dossier, section };
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
