import { useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import type { DeviceView } from '../../generated/DeviceView';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useLately } from '../access/useMoment';
import { RecoveryFault } from './RecoveryFault';
import { useTask } from './useTask';

/** Digits of a device's number that people can compare. */
const SHOWN = 8;

/** Devices of one person. Shutting one out cannot be undone, so its own button says first what it does. */
export function Devices({ devices, onChanged }: { devices: readonly DeviceView[]; onChanged: (devices: DeviceView[]) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const lately = useLately();
  const task = useTask();
  const [ending, setEnding] = useState<string | null>(null);
  const end = (device: string) => task.run(async () => onChanged(await backend.call({ method: 'device_revoke', params: { device } })));
  return (
    <>
      {task.fault ? <RecoveryFault fault={task.fault} /> : null}
      <ul className="kt-card kt-lines">
        {devices.map((one) => {
          const name = one.here ? t('recovery.device_here') : t('recovery.device_elsewhere', { device: one.device.slice(0, SHOWN) });
          return (
            <li key={one.device}>
              <Icon name="screen" />
              <div className="kt-stack">
                <div>
                  <p>{name}</p>
                  {one.here ? null : <p className="kt-quiet">{one.last_seen ? t('recovery.device_seen', { when: lately(one.last_seen) }) : t('recovery.device_unseen')}</p>}
                </div>
                {one.here ? null : ending === one.device ? (
                  <>
                    <p>{t('recovery.device_end_text')}</p>
                    <div className="kt-buttons">
                      <Button icon="stop" busy={task.busy} label={`${t('recovery.device_end_sure')}: ${name}`} onClick={() => void end(one.device)}>
                        {t('recovery.device_end_sure')}
                      </Button>
                      <Button purpose="subtle" onClick={() => setEnding(null)}>
                        {t('common.cancel')}
                      </Button>
                    </div>
                  </>
                ) : (
                  <div className="kt-buttons">
                    <Button icon="stop" label={`${t('recovery.device_end')}: ${name}`} onClick={() => setEnding(one.device)}>
                      {t('recovery.device_end')}
                    </Button>
                  </div>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}
