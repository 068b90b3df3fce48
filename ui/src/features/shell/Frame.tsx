import { SkipLink } from '@nl-design-system-candidate/skip-link-react';
import { type ReactNode, useEffect, useState } from 'react';
import { tint } from '../../components/Faces';
import { Icon, type IconName } from '../../components/Icon';
import { Mark } from '../../components/Mark';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { useLive } from '../../live/BackendProvider';
import { firstNames } from '../people/names';
import { DisplayMenu } from './DisplayMenu';
import type { Preferences } from './preferences';
import { hrefOf, type Route } from './route';

interface Props {
  route: Route;
  /** The dossier that is open; none on a page outside all dossiers. */
  dossier: DossierCard | null;
  /** True when there is more than this one to choose from. */
  several: boolean;
  preferences: Preferences;
  change: (part: Partial<Preferences>) => void;
  children: ReactNode;
}

/** Everything around a page: skip link, sign, name band of the dossier, menu, and who is connected. */
export function Frame({ route, dossier, several, preferences, change, children }: Props) {
  const { t } = useWords();
  const pages: { route: Route; icon: IconName; label: string }[] = [];
  if (dossier) {
    pages.push({ route: { page: 'today', dossier: dossier.id }, icon: 'sun', label: t('shell.today') });
    if (dossier.own || dossier.sections.some((section) => section.id === 'plan' && section.content)) {
      pages.push({ route: { page: 'plan', dossier: dossier.id }, icon: 'road', label: t('shell.plan') });
    }
  }
  if (several) pages.push({ route: { page: 'dossiers' }, icon: 'folders', label: t('shell.dossiers') });

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
            <span className="kt-band-kind">{dossier.own ? t('shell.own_dossier') : t('shell.other_dossier')}</span>
            <span className="kt-band-title" dir="auto">
              {dossier.title}
            </span>
          </p>
        ) : null}
        {pages.length > 0 ? (
          <nav aria-label={t('shell.nav')}>
            <ul className="kt-nav">
              {pages.map((page) => (
                <li key={page.route.page}>
                  <a href={hrefOf(page.route)} aria-current={page.route.page === route.page ? 'page' : undefined}>
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
