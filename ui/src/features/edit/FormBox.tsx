import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Title } from '../../components/Title';
import { useWords } from '../../i18n/I18n';

interface Props {
  title: string;
  /** Level of the form's heading. */
  level: 2 | 3 | 4;
  save: string;
  /** Sends it. True ends the form. */
  onSave: () => Promise<boolean>;
  onDone: () => void;
  onCancel: () => void;
  /** Beside the two buttons. */
  more?: ReactNode;
  children: ReactNode;
}

/** A form with its two buttons. The first field takes the focus; after a refusal, the first one that is wrong. */
export function FormBox({ title, level, save, onSave, onDone, onCancel, more, children }: Props) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input:not([type="radio"]:not(:checked)), textarea, select')?.focus();
  }, []);

  // After the errors are on the page: the first of them takes the focus.
  useEffect(() => {
    if (refused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const saved = await onSave();
    setBusy(false);
    if (saved) onDone();
    else setRefused((times) => times + 1);
  }

  return (
    <form
      ref={form}
      className="kt-form"
      noValidate
      aria-label={title}
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <Title level={level} userText>
        {title}
      </Title>
      {children}
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={busy}>
          {busy ? t('common.busy') : save}
        </Button>
        <Button purpose="subtle" onClick={onCancel}>
          {t('common.cancel')}
        </Button>
        {more}
      </div>
    </form>
  );
}
