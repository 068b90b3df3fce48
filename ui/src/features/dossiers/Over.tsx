import { useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { PageTitle } from '../../components/Title';
import type { AccessOver } from '../../generated/AccessOver';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { firstName } from '../people/names';
import { useSteps } from '../shell/Steps';

/** The title of a dossier; of one that is shut to this reader, whose it is. */
export function useDossierTitle(): (dossier: DossierCard) => string {
  const { t } = useWords();
  return ({ title, over }) => title || (over?.resident ? t('dossiers.of', { name: over.resident }) : t('dossiers.unnamed'));
}

/** Somebody else's dossier after access to it ended: since when, what is gone, what can be done. */
export function OverPage({ dossier, over }: { dossier: DossierCard; over: AccessOver }) {
  const { t } = useWords();
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('dossiers.over_title')}</PageTitle>
      </div>
      <div className="kt-card kt-item">
        <Over dossier={dossier} over={over} />
      </div>
    </>
  );
}

export function Over({ dossier, over }: { dossier: DossierCard; over: AccessOver }) {
  const { t, dates } = useWords();
  const steps = useSteps();
  const [busy, setBusy] = useState(false);
  const name = over.resident ? firstName(over.resident) : t('common.unknown_person');
  const title = useDossierTitle()(dossier);

  async function clear() {
    setBusy(true);
    await steps.take({ method: 'dossier_remove', params: { dossier: dossier.id, without_backup: false } }, t('dossiers.over_cleared'), { undo: false });
    setBusy(false);
  }

  return (
    <>
      <p>{t('dossiers.over_since', { day: dates.date(dates.dayOf(over.since)) })}</p>
      <p>{t('dossiers.over_again', { name })}</p>
      {over.unsent ? (
        <p className="kt-fact">
          <Icon name="alert" />
          <span>{t('dossiers.over_unsent', { name })}</span>
        </p>
      ) : null}
      <div className="kt-tools">
        <Button icon="bin" busy={busy} label={`${t('dossiers.over_clear')}: ${title}`} onClick={() => void clear()}>
          {t('dossiers.over_clear')}
        </Button>
      </div>
    </>
  );
}
