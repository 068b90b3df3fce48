import type { ReactNode } from 'react';
import { Mark } from '../../components/Mark';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { DisplayMenu } from '../shell/DisplayMenu';
import type { Preferences } from '../shell/preferences';
import { hrefOf } from '../shell/route';

/** Around the kitchen table: whose dossier it is and the way out, and nothing else that asks for attention. */
export function TableFrame({ dossier, preferences, change, children }: { dossier: DossierCard; preferences: Preferences; change: (part: Partial<Preferences>) => void; children: ReactNode }) {
  const { t } = useWords();
  return (
    <div className="kt-table">
      <header className="kt-table-top">
        <p className="kt-brand" dir="auto">
          <Mark />
          {dossier.title}
        </p>
        <div className="kt-table-ways">
          <a className="kt-link" href={hrefOf({ page: 'plan', dossier: dossier.id })}>
            {t('table.stop')}
          </a>
          <DisplayMenu preferences={preferences} change={change} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <div className="kt-page">{children}</div>
      </main>
    </div>
  );
}
