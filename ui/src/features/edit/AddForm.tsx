import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Title } from '../../components/Title';
import { useWords } from '../../i18n/I18n';

interface Props {
  button: string;
  /** Says which goal the form belongs to, where the button's own words do not. */
  buttonLabel?: string;
  purpose: 'primary' | 'secondary' | 'subtle';
  title: string;
  /** Level of the form's heading. */
  level: 2 | 3 | 4;
  save: string;
  /** Sends it. True closes the form. */
  onSave: () => Promise<boolean>;
  onCancel: () => void;
  children: ReactNode;
}

/** A button that opens a small form in its place. The focus goes in with it and comes back out. */
export function AddForm({ button, buttonLabel, purpose, title, level, save, onSave, onCancel, children }: Props) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);

  useEffect(() => {
    if (open) form.current?.querySelector<HTMLElement>('input, textarea')?.focus();
    else if (returning.current) {
      returning.current = false;
      opener.current?.focus();
    }
  }, [open]);

  // After the errors are on the page: the first of them takes the focus.
  useEffect(() => {
    if (refused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);

  function close() {
    returning.current = true;
    setOpen(false);
  }
  function cancel() {
    onCancel();
    close();
  }
  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const saved = await onSave();
    setBusy(false);
    if (saved) close();
    else setRefused((times) => times + 1);
  }

  if (!open) {
    return (
      <Button ref={opener} icon="plus" purpose={purpose} label={buttonLabel} onClick={() => setOpen(true)}>
        {button}
      </Button>
    );
  }
  return (
    <form
      ref={form}
      className="kt-form"
      noValidate
      aria-label={title}
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') cancel();
      }}
    >
      <Title level={level}>{title}</Title>
      {children}
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={busy}>
          {busy ? t('common.busy') : save}
        </Button>
        <Button purpose="subtle" onClick={cancel}>
          {t('common.cancel')}
        </Button>
      </div>
    </form>
  );
}
