import { type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Icon, type IconName } from '../../components/Icon';
import { focusNextTitle } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { Through } from '../../generated/Through';
import { useWords } from '../../i18n/I18n';
import { OtherProgram, useLive } from '../../live/BackendProvider';
import { through } from '../../live/through';
import { useAnswer } from '../../live/useAnswer';
import { AgendaPage } from '../agenda/AgendaPage';
import { GatePage, shutSection } from '../crisis/GatePage';
import { NotesPage } from '../notes/NotesPage';
import { PlanPage } from '../plan/PlanPage';
import { SectionPage } from '../sections/SectionPage';
import { SectionsPage } from '../sections/SectionsPage';
import { Live } from '../shell/Live';
import { hrefOf, parseRoute, type Route } from '../shell/route';
import { NoSteps } from '../shell/Steps';
import { TodayPage } from '../today/TodayPage';
import { LookingOnly } from './only';

const PAGES = ['today', 'plan', 'agenda', 'notes', 'sections'] as const;
type PageName = (typeof PAGES)[number];
type Shown = { page: PageName; dossier: string } | Extract<Route, { page: 'section' }>;

interface Props {
  dossier: DossierCard;
  eyes: Through;
  /** Says through whose eyes, or which day. */
  title: string;
  lead: string;
  icon: IconName;
  /** The button that ends it. */
  end: string;
  onEnd: () => void;
  /** What can be chosen beside the way out. */
  children?: ReactNode;
}

/** All pages of a dossier through other eyes, under a band that says so. Nothing can be written; Escape ends it. */
export function Looking({ dossier, eyes, title, lead, icon, end, onEnd, children }: Props) {
  const { t } = useWords();
  const { backend } = useLive();
  const band = useRef<HTMLDivElement>(null);
  const [route, setRoute] = useState<Shown>({ page: 'today', dossier: dossier.id });
  const card = useAnswer({ method: 'look', params: { dossier: dossier.id, through: eyes, page: { page: 'card' } } }, (event) => event.event === 'changed');
  const key = JSON.stringify(eyes);
  const other = useMemo(() => through(backend, dossier.id, JSON.parse(key) as Through), [backend, dossier.id, key]);
  useEffect(() => band.current?.focus(), []);
  // Wherever the focus is: a page that was turned may have taken it away.
  const ending = useRef(onEnd);
  useEffect(() => {
    ending.current = onEnd;
  });
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) ending.current();
    };
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);

  /** Links inside turn pages inside; any other leads out. */
  function turn(event: MouseEvent<HTMLElement>) {
    const href = (event.target as HTMLElement).closest('a')?.getAttribute('href');
    if (!href?.startsWith('#/d/') || event.defaultPrevented) return;
    const next = parseRoute(href);
    if (!isShown(next)) return;
    event.preventDefault();
    focusNextTitle();
    setRoute(next);
  }

  return (
    <section className="kt-looking" aria-label={title} onClick={turn}>
      <div className="kt-looking-band" role="group" ref={band} tabIndex={-1} aria-label={title}>
        <Icon name={icon} />
        <div>
          <p className="kt-looking-title" dir="auto">
            {title}
          </p>
          <p>{lead}</p>
        </div>
        <div className="kt-looking-tools">
          {children}
          <Button icon="close" onClick={onEnd}>
            {end}
          </Button>
        </div>
      </div>
      <Live answer={card}>
        {(answer) => {
          const seen = answer as DossierCard;
          return (
            <>
              <nav aria-label={t('looking.pages')}>
                <ul className="kt-looking-nav">
                  {pagesOf(seen).map((page) => (
                    <li key={page}>
                      <a href={hrefOf({ page, dossier: seen.id })} aria-current={page === route.page || (page === 'sections' && route.page === 'section') ? 'page' : undefined}>
                        {t(page === 'sections' ? 'looking.sections' : page === 'notes' ? 'looking.notes' : page === 'today' && eyes.as === 'moment' ? 'looking.that_day' : `shell.${page}`)}
                      </a>
                    </li>
                  ))}
                </ul>
              </nav>
              <LookingOnly value={eyes.as}>
                <OtherProgram backend={other}>
                  <NoSteps>
                    <ShownPage key={`${key} ${hrefOf(route)}`} route={route} dossier={seen} />
                  </NoSteps>
                </OtherProgram>
              </LookingOnly>
            </>
          );
        }}
      </Live>
    </section>
  );
}

function isShown(route: Route): route is Shown {
  return route.page === 'section' || PAGES.some((page) => page === route.page);
}

/** The pages that somebody with these sections has. */
function pagesOf(dossier: DossierCard): PageName[] {
  const sees = (section: string) => dossier.sections.some((one) => one.id === section);
  const pages: PageName[] = ['today'];
  if (dossier.sections.some((section) => section.id === 'plan' && section.content)) pages.push('plan');
  if (sees('agenda')) pages.push('agenda');
  if (sees('verslagen')) pages.push('notes');
  return [...pages, 'sections'];
}

function ShownPage({ route, dossier }: { route: Shown; dossier: DossierCard }) {
  const shut = shutSection(route, dossier);
  if (shut) return <GatePage dossier={dossier} section={shut} onOpen={async () => undefined} />;
  switch (route.page) {
    case 'today':
      return <TodayPage dossier={dossier} />;
    case 'plan':
      return <PlanPage dossier={dossier} />;
    case 'agenda':
      return <AgendaPage dossier={dossier} />;
    case 'notes':
      return <NotesPage dossier={dossier} />;
    case 'sections':
      return <SectionsPage dossier={dossier} onChanged={async () => undefined} />;
    case 'section':
      return <SectionPage dossier={dossier} section={route.section} />;
  }
}
