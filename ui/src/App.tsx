import { useEffect, useState } from 'react';
import { type Backend, CONTRACT } from './backend';
import { Notice } from './components/Notice';
import { PageTitle } from './components/Title';
import { AccessPage } from './features/access/AccessPage';
import { InvitePage } from './features/access/InvitePage';
import { AgendaPage } from './features/agenda/AgendaPage';
import { GatePage, shutSection } from './features/crisis/GatePage';
import { DossiersPage } from './features/dossiers/DossiersPage';
import { OverPage } from './features/dossiers/Over';
import { LeavePage } from './features/leaving/LeavePage';
import { Kept } from './features/lock/Kept';
import { LockProvider } from './features/lock/Lock';
import { EMPTY, JoinPage } from './features/join/JoinPage';
import { LogPage } from './features/log/LogPage';
import { PastPage } from './features/looking/PastPage';
import { NotesPage } from './features/notes/NotesPage';
import { PlanPage } from './features/plan/PlanPage';
import { SafetyPage } from './features/safety/SafetyPage';
import { SectionPage } from './features/sections/SectionPage';
import { SectionsPage } from './features/sections/SectionsPage';
import { Frame } from './features/shell/Frame';
import { Live } from './features/shell/Live';
import { type Preferences, usePreferences } from './features/shell/preferences';
import { go, hrefOf, type Route, useRoute } from './features/shell/route';
import { StepsProvider } from './features/shell/Steps';
import { StartFrame, StartPage } from './features/start/StartPage';
import { TableFrame } from './features/table/TableFrame';
import { TablePage } from './features/table/TablePage';
import { TodayPage } from './features/today/TodayPage';
import { UnlockPage, wantsPassphrase } from './features/unlock/UnlockPage';
import type { DossierCard } from './generated/DossierCard';
import type { Status } from './generated/Status';
import { I18nProvider, useWords } from './i18n/I18n';
import { BackendProvider } from './live/BackendProvider';
import { Calendar } from './live/calendar';
import { useAnswer } from './live/useAnswer';

interface Display {
  preferences: Preferences;
  change: (part: Partial<Preferences>) => void;
}

export function App({ backend }: { backend: Backend }) {
  const [preferences, change] = usePreferences();
  return (
    <I18nProvider language={preferences.language}>
      <BackendProvider backend={backend}>
        <LockProvider preferences={preferences}>
          <Home preferences={preferences} change={change} />
        </LockProvider>
      </BackendProvider>
    </I18nProvider>
  );
}

function Home(display: Display) {
  const { t } = useWords();
  const answer = useAnswer({ method: 'status' }, (event) => event.event === 'changed');
  if (answer.data === null && answer.fault && wantsPassphrase(answer.fault)) return <UnlockPage fault={answer.fault} {...display} onOpen={answer.refresh} />;
  return (
    <Live answer={answer} page>
      {(status) =>
        status.contract === CONTRACT ? (
          <Calendar value={status.today}>
            <Known status={status} refresh={answer.refresh} {...display} />
          </Calendar>
        ) : (
          <main className="kt-alone">
            <PageTitle>{t('fault.title')}</PageTitle>
            <Notice icon="alert" tone="warm" alert>
              <p>{t('fault.contract')}</p>
            </Notice>
          </main>
        )
      }
    </Live>
  );
}

function Known({ status, refresh, preferences, change }: Display & { status: Status; refresh: () => Promise<void> }) {
  const route = useRoute();
  const { dossiers } = status;
  // Lives here: who looks at another page in between finds everything as it was.
  const [draft, setDraft] = useState(EMPTY);
  // The start page stays until it is finished, also when the new dossier is already known.
  const [starting, setStarting] = useState(dossiers.length === 0);
  useEffect(() => {
    if (dossiers.length === 0) setStarting(true);
  }, [dossiers.length]);

  const joining = (
    <JoinPage
      profile={status.profile}
      draft={draft}
      onDraft={setDraft}
      onPerson={refresh}
      onDone={(dossier) =>
        void refresh().then(() => {
          setDraft(EMPTY);
          setStarting(false);
          go({ page: 'today', dossier });
        })
      }
    />
  );
  if (starting && route.page === 'join') {
    return (
      <StartFrame preferences={preferences} change={change}>
        <main className="kt-start-words">{joining}</main>
      </StartFrame>
    );
  }
  if (starting) {
    return (
      <StartPage
        profile={status.profile}
        preferences={preferences}
        change={change}
        onDone={(dossier) =>
          void refresh().then(() => {
            go({ page: 'today', dossier });
            setStarting(false);
          })
        }
      />
    );
  }

  const only = dossiers.length === 1 ? dossiers[0] : undefined;
  const wanted = 'dossier' in route ? dossiers.find((one) => one.id === route.dossier) : undefined;
  const dossier = wanted ?? (route.page === 'dossiers' || route.page === 'join' ? undefined : only) ?? null;
  const shown: Route = dossier === null ? { page: route.page === 'join' ? 'join' : 'dossiers' } : 'dossier' in route ? { ...route, dossier: dossier.id } : { page: 'today', dossier: dossier.id };
  return (
    <StepsProvider place={hrefOf(shown)} dossier={dossier?.id ?? null}>
      {shown.page === 'table' && dossier?.own ? (
        <TableFrame dossier={dossier} preferences={preferences} change={change}>
          <Kept />
          <TablePage key={dossier.id} dossier={dossier} step={shown.step} />
        </TableFrame>
      ) : (
        <Frame route={shown} dossier={dossier} preferences={preferences} change={change}>
          <Kept />
          {dossier === null ? shown.page === 'join' ? joining : <DossiersPage dossiers={dossiers} /> : <Page key={hrefOf(shown)} route={shown} dossier={dossier} refresh={refresh} preferences={preferences} change={change} />}
        </Frame>
      )}
    </StepsProvider>
  );
}

function Page({ route, dossier, refresh, preferences, change }: Display & { route: Route; dossier: DossierCard; refresh: () => Promise<void> }) {
  if (dossier.over) return <OverPage dossier={dossier} over={dossier.over} />;
  const section = shutSection(route, dossier);
  if (section) return <GatePage dossier={dossier} section={section} onOpen={refresh} />;
  switch (route.page) {
    case 'plan':
      return <PlanPage dossier={dossier} />;
    case 'agenda':
      return <AgendaPage dossier={dossier} />;
    case 'notes':
      return <NotesPage dossier={dossier} />;
    case 'sections':
      return <SectionsPage dossier={dossier} onChanged={refresh} />;
    case 'section':
      return <SectionPage dossier={dossier} section={route.section} />;
    case 'past':
      return <PastPage dossier={dossier} at={route.at} />;
    case 'access':
      return <AccessPage dossier={dossier} />;
    case 'invite':
      return <InvitePage dossier={dossier} />;
    case 'log':
      return <LogPage dossier={dossier} />;
    case 'safety':
      return <SafetyPage dossier={dossier} preferences={preferences} change={change} />;
    case 'leave':
      return <LeavePage dossier={dossier} />;
    case 'table':
    case 'today':
    case 'home':
    case 'dossiers':
    case 'join':
      return <TodayPage dossier={dossier} />;
  }
}
