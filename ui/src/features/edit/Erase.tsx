import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Fold } from '../../components/Fold';
import { Notice } from '../../components/Notice';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import type { Desk } from './items';

/** Takes an item away for good: what that does, what it cannot do, and then two taps, since nothing brings it back. */
export function Erase({ desk, item, name }: { desk: Desk; item: ItemView; name: string }) {
  const { t } = useWords();
  const steps = useSteps();
  const id = useId();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const last = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);
  useEffect(() => {
    if (sure) last.current?.focus();
    else if (returning.current) first.current?.focus();
    returning.current = sure;
  }, [sure]);

  async function erase() {
    setBusy(true);
    const gone = await steps.take({ method: 'item_erase', params: { dossier: desk.dossier, id: item.id } }, t('edit.erased', { name }), { undo: false });
    if (gone) await desk.onChanged();
    setBusy(false);
  }

  return (
    <Fold summary={t('edit.erase')}>
      <div className="kt-stack kt-erase">
        <p>{t('edit.erase_what')}</p>
        <ul className="kt-bullets">
          <li>{t('edit.erase_hidden')}</li>
          <li>{t('edit.erase_week')}</li>
          <li>{t('edit.erase_history')}</li>
        </ul>
        <p>{t('edit.erase_cannot')}</p>
        <ul className="kt-bullets">
          <li>{t('edit.erase_read')}</li>
          <li>{t('edit.erase_backup')}</li>
          <li>{t('edit.erase_voices')}</li>
        </ul>
        {sure ? (
          <div ref={last} className="kt-stack" role="group" aria-labelledby={id} tabIndex={-1}>
            <Notice icon="alert" tone="warm">
              <p id={id}>{t('edit.erase_last', { name })}</p>
            </Notice>
            <div className="kt-buttons">
              <Button icon="bin" busy={busy} onClick={() => void erase()}>
                {busy ? t('common.busy') : t('edit.erase_yes')}
              </Button>
              <Button purpose="subtle" onClick={() => setSure(false)}>
                {t('edit.erase_no')}
              </Button>
            </div>
          </div>
        ) : (
          <div className="kt-buttons">
            <Button ref={first} icon="bin" label={t('edit.erase_first_label', { name })} onClick={() => setSure(true)}>
              {t('edit.erase_first')}
            </Button>
          </div>
        )}
      </div>
    </Fold>
  );
}
