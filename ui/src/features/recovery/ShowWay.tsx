import { useState } from 'react';
import { Button } from '../../components/Button';
import { Fold } from '../../components/Fold';
import { QrPicture } from '../../components/QrPicture';
import type { DossierCard } from '../../generated/DossierCard';
import type { ReturnView } from '../../generated/ReturnView';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { RecoveryFault } from './RecoveryFault';
import { useTask } from './useTask';

/** Where this device can be found, for the resident who lost theirs or takes a second one. */
export function ShowWay({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [way, setWay] = useState<ReturnView | null>(null);
  return (
    <Fold summary={t('recovery.way_label')}>
      <div className="kt-kind">
        <p>{t(dossier.own ? 'recovery.way_own' : 'recovery.way_helper')}</p>
        {task.fault ? <RecoveryFault fault={task.fault} /> : null}
        {way ? (
          <div className="kt-ticket">
            <QrPicture rows={way.qr} label={t('recovery.way_label')} />
            <div>
              <p className="kt-quiet">{t('recovery.way_open')}</p>
              <p className="kt-code" translate="no">
                {way.ticket}
              </p>
            </div>
          </div>
        ) : (
          <div className="kt-buttons">
            <Button icon="eye" busy={task.busy} onClick={() => void task.run(async () => setWay(await backend.call({ method: 'return_ticket', params: { dossier: dossier.id } })))}>
              {t('recovery.way_show')}
            </Button>
          </div>
        )}
      </div>
    </Fold>
  );
}
