import { type SubmitEvent, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { focusNextTitle, PageTitle } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import { useWords } from '../../i18n/I18n';
import { FaultNotice } from '../shell/FaultNotice';
import { hrefOf } from '../shell/route';
import { useNewProfile } from '../start/useNewProfile';

/** The name under which the resident will see this person; made once for this computer. */
export function PersonStep({ onMade }: { onMade: () => Promise<void> }) {
  const { t } = useWords();
  const person = useNewProfile();
  const [name, setName] = useState('');
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === '') {
      setMissing(true);
      input.current?.focus();
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      if (await person.make({ name: name.trim(), organisation: null, function: null })) {
        focusNextTitle();
        await onMade();
      }
    } catch (thrown) {
      setFault(faultOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="kt-join" noValidate aria-label={t('join.person_title')} onSubmit={(event) => void submit(event)}>
      <PageTitle key="person">{t('join.person_title')}</PageTitle>
      <p className="kt-lead">{t('join.person_lead')}</p>
      <Field
        ref={input}
        label={t('start.name')}
        hint={t('join.name_hint')}
        error={missing ? t('start.name_missing') : null}
        required
        spellCheck={false}
        autoComplete="name"
        value={name}
        onChange={(value) => {
          setName(value);
          setMissing(false);
        }}
      />
      {person.fields}
      {fault ? <FaultNotice fault={fault} /> : null}
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={busy}>
          {busy ? t('common.busy') : t('join.next')}
        </Button>
        <a className="kt-link" href={hrefOf({ page: 'dossiers' })}>
          {t('join.back')}
        </a>
      </div>
    </form>
  );
}
