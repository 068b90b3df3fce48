import { SkipLink } from '@nl-design-system-candidate/skip-link-react';
import { type ReactNode, useEffect, useState } from 'react';
import { tint } from '../../components/Faces';
import { Icon, type IconName } from '../../components/Icon';
import { Mark } from '../../components/Mark';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { useLive } from '../../live/BackendProvider';
import { useDossierTitle } from '../dossiers/Over';
import { admits } from '../access/grants';
import { firstNames } from '../people/names';
import { DisplayMenu } from './DisplayMenu';
import type { Preferences } from './preferences';
import { type DossierPage, hrefOf, type Route } from './route';

interface Props {
  route: Route;
  /** The dossier that is open; none on a page outside all dossiers. */
  dossier: DossierCard | null;
  preferences: Preferences;
  change: (part: Partial<Preferences>) => void;
  children: ReactNode;
}

/** Everything around a page: skip link, sign, name band of the dossier, menu, and who is connected. */
export function Frame({ route, dossier, preferences, change, children }: Props) {
  const { t, term } = useWords();
  const titleOf = useDossierTitle();
  // Only where there is little room is the menu ever shut.
  const [open, setOpen] = useState(false);
  const pages: { route: Route; icon: IconName; label: string }[] = [];
  if (dossier && !dossier.over) {
    const sees = (section: string) => dossier.own || dossier.sections.some((one) => one.id === section);
    const add = (page: DossierPage, icon: IconName, label: string) => pages.push({ route: { page, dossier: dossier.id }, icon, label });
    add('today', 'sun', t('shell.today'));
    if (dossier.own || dossier.sections.some((section) => section.id === 'plan' && section.content)) add('plan', 'road', t('shell.plan'));
    if (sees('agenda')) add('agenda', 'calendar', t('shell.agenda'));
    if (sees('verslagen')) add('notes', 'book', term('section', 'verslagen'));
    add('sections', 'folders', dossier.own ? t('shell.sections') : t('shell.sections_helper'));
    if (admits(dossier).length > 0) add('access', 'eye', t('shell.access'));
    if (dossier.own) add('log', 'list', t('shell.log'));
    add('safety', 'shield', t('shell.safety'));
  }
  pages.push({ route: { page: 'dossiers' }, icon: 'people', label: t('shell.dossiers') });
  // A section is reached over the list of all, an invitation over who looks along, an answer over all dossiers.
  const current = route.page === 'section' || route.page === 'past' ? 'sections' : route.page === 'invite' ? 'access' : route.page === 'join' ? 'dossiers' : route.page;

  return (
    <div className="kt-frame">
      <SkipLink
        href="#main"
        onClick={(event) => {
          // The address names the page, so the link moves the focus itself.
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        {t('shell.skip')}
      </SkipLink>
      <header className="kt-side">
        <p className="kt-brand">
          <Mark />
          {t('common.app')}
        </p>
        {dossier ? (
          <p className="kt-band" data-own={dossier.own} data-tint={tint(dossier.id)}>
            <span className="kt-band-kind">{dossier.own ? t('shell.own_dossier') : dossier.over ? t('dossiers.over') : t('shell.other_dossier')}</span>
            <span className="kt-band-title" dir="auto">
              {titleOf(dossier)}
            </span>
          </p>
        ) : null}
        {pages.length > 0 ? (
          <nav aria-label={t('shell.nav')} data-open={open}>
            <button type="button" className="kt-menu" aria-expanded={open} aria-controls="menu" onClick={() => setOpen((was) => !was)}>
              <Icon name={open ? 'close' : 'list'} />
              {t('shell.menu')}
              <span className="kt-menu-page">{pages.find((page) => page.route.page === current)?.label}</span>
            </button>
            <ul className="kt-nav" id="menu" onClick={() => setOpen(false)}>
              {pages.map((page) => (
                <li key={page.route.page}>
                  <a href={hrefOf(page.route)} aria-current={page.route.page === current ? (current === route.page ? 'page' : 'true') : undefined}>
                    <Icon name={page.icon} />
                    {page.label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        ) : null}
        <div className="kt-side-end">
          <Connected />
          <DisplayMenu preferences={preferences} change={change} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <div className="kt-page">{children}</div>
      </main>
    </div>
  );
}

/** Whose devices are connected now, in words. */
function Connected() {
  const { t, language } = useWords();
  const { listen } = useLive();
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(
    () =>
      listen({
        event: (event) => {
          if (event.event !== 'peer' || event.name === null) return;
          const { name, connected } = event;
          setNames((was) => (connected ? [...new Set([...was, name])] : was.filter((one) => one !== name)));
        },
        gap: () => setNames([]),
      }),
    [listen],
  );
  if (names.length === 0) return null;
  return (
    <p className="kt-connected">
      <i aria-hidden="true" />
      {t('shell.connected', { names: firstNames(names, language) })}
    </p>
  );
}
