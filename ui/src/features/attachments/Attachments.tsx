import { useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { faultOf } from '../../backend';
import type { AttachmentView } from '../../generated/AttachmentView';
import type { Fault } from '../../generated/Fault';
import type { ItemView } from '../../generated/ItemView';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import type { Desk } from '../edit/items';
import { useLookingOnly } from '../looking/only';
import { FaultNotice } from '../shell/FaultNotice';
import { useWork, Working } from '../shell/Working';

/** The files of an item, and a way to add one. */
export function Attachments({ item, desk }: { item: ItemView; desk: Desk }) {
  const { t } = useWords();
  const looking = useLookingOnly();
  const held = item.fields.attachments;
  const some = Array.isArray(held) && held.length > 0;
  if (some && looking) return <Names held={held} />;
  if (!some && !item.may_change) return null;
  return (
    <div className="kt-attachments">
      {some ? <Files item={item} desk={desk} /> : null}
      {item.may_change ? (
        <AddFile desk={desk} item={item.id} name={typeof item.fields.title === 'string' ? item.fields.title : null}>
          {t('attach.add')}
        </AddFile>
      ) : null}
    </div>
  );
}

/** Through other eyes, or as it was: what they are called. Nothing can be opened there. */
function Names({ held }: { held: readonly unknown[] }) {
  return (
    <ul className="kt-lines">
      {held.map((file, at) => (
        <li key={at}>
          <Icon name="paper" />
          <bdi>{(file as { name?: string }).name}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Files({ item, desk }: { item: ItemView; desk: Desk }) {
  const answer = useAnswer({ method: 'attachments', params: { dossier: desk.dossier, item: item.id } }, (event) => event.event === 'changed' && event.dossier === desk.dossier);
  if (answer.fault) return <FaultNotice fault={answer.fault} onRetry={() => void answer.refresh()} />;
  return (
    <ul className="kt-lines">
      {(answer.data ?? []).map((file) => (
        <li key={file.id}>
          <Icon name="paper" />
          <File file={file} desk={desk} />
        </li>
      ))}
    </ul>
  );
}

function File({ file, desk }: { file: AttachmentView; desk: Desk }) {
  const { t, language } = useWords();
  const backend = useBackend();
  const work = useWork();
  const [state, setState] = useState<'busy' | { saved: string } | { fault: Fault } | null>(null);
  const fetching = useFetching(file, desk);
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const size = file.bytes < 1_000_000 ? t('print.kilobytes', { size: number.format(Math.max(0.1, file.bytes / 1000)) }) : t('print.megabytes', { size: number.format(file.bytes / 1_000_000) });
  async function save() {
    setState('busy');
    try {
      const saved = await work.follow(backend.call({ method: 'attachment_save', params: { dossier: desk.dossier, item: file.item, attachment: file.id, to: null } }));
      setState(saved === null ? null : { saved: saved.file });
    } catch (thrown) {
      setState({ fault: faultOf(thrown) });
    }
  }
  return (
    <div>
      <p>
        <bdi>{file.name}</bdi>, {t(`attach.kind_${file.kind}` as Key)}, {size}
      </p>
      {file.honest ? null : (
        <Notice icon="alert" tone="warm">
          <p>{t('attach.not_honest')}</p>
        </Notice>
      )}
      {file.here ? (
        <>
          <Button purpose="subtle" busy={state === 'busy'} label={t('attach.save_label', { name: file.name })} onClick={() => void save()}>
            {t('attach.save')}
          </Button>
          <Working work={work} busy={t('attach.opening')} />
        </>
      ) : (
        <>
          <p className="kt-quiet">{file.coming ? t('attach.coming') : file.by === null ? t('attach.elsewhere') : t('attach.elsewhere_by', { name: file.by })}</p>
          <Button purpose="subtle" busy={fetching.busy} label={t('attach.fetch_label', { name: file.name })} onClick={() => void fetching.fetch()}>
            {t('attach.fetch')}
          </Button>
          <Working work={fetching.work} busy={t('attach.fetching')} />
          <div aria-live="polite">{fetching.fault === null ? null : fetching.fault.code === 'not_reachable' ? <p>{t('attach.nobody')}</p> : <FaultNotice fault={fetching.fault} />}</div>
        </>
      )}
      <div aria-live="polite">
        {state !== null && state !== 'busy' && 'saved' in state ? (
          <p>
            {t('print.saved')} <bdi>{state.saved}</bdi>. {t('attach.saved_open')}
          </p>
        ) : null}
        {state !== null && state !== 'busy' && 'fault' in state ? <FaultNotice fault={state.fault} /> : null}
      </div>
    </div>
  );
}

/** Brings a file here that is still with others. */
function useFetching(file: AttachmentView, desk: Desk) {
  const backend = useBackend();
  const work = useWork();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  async function fetch() {
    setBusy(true);
    setFault(null);
    try {
      const fetched = await work.follow(backend.call({ method: 'attachment_fetch', params: { dossier: desk.dossier, item: file.item, attachment: file.id } }));
      if (fetched !== null) await desk.onChanged();
    } catch (thrown) {
      setFault(faultOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  return { work, busy, fault, fetch };
}

/** Adds a photo or a PDF: to an item, or as a new letter. The program itself asks which file. */
export function AddFile({ desk, item, name, children }: { desk: Desk; item: string | null; /** What the item is called, for who cannot see what the button stands at. */ name?: string | null; /** What the button says. */ children: string }) {
  const { t } = useWords();
  const backend = useBackend();
  const work = useWork();
  const [state, setState] = useState<'busy' | { added: string } | { fault: Fault } | null>(null);
  async function add() {
    setState('busy');
    try {
      const added = await work.follow(backend.call({ method: 'attach', params: { dossier: desk.dossier, item, title: null, from: null } }));
      setState(added === null ? null : { added: added.name });
      if (added !== null) await desk.onChanged();
    } catch (thrown) {
      setState({ fault: faultOf(thrown) });
    }
  }
  return (
    <div className="kt-paper">
      <Button icon="plus" busy={state === 'busy'} label={name ? `${children}: ${name}` : undefined} onClick={() => void add()}>
        {children}
      </Button>
      <Working work={work} busy={t('attach.busy')} />
      <div aria-live="polite">
        {state !== null && state !== 'busy' && 'added' in state ? (
          <p>
            {t('attach.added')} <bdi>{state.added}</bdi>
          </p>
        ) : null}
        {state !== null && state !== 'busy' && 'fault' in state ? (
          state.fault.detail === 'attachment_too_large' ? (
            <Notice icon="alert" tone="warm" alert>
              <p>{t('attach.too_large')}</p>
            </Notice>
          ) : (
            <FaultNotice fault={state.fault} />
          )
        ) : null}
      </div>
    </div>
  );
}
