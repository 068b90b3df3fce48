import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { FormBox } from './FormBox';

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
export function AddForm({ button, buttonLabel, purpose, onCancel, children, ...form }: Props) {
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);

  useEffect(() => {
    if (open || !returning.current) return;
    returning.current = false;
    opener.current?.focus();
  }, [open]);

  function close() {
    returning.current = true;
    setOpen(false);
  }

  if (!open) {
    return (
      <Button ref={opener} icon="plus" purpose={purpose} label={buttonLabel} onClick={() => setOpen(true)}>
        {button}
      </Button>
    );
  }
  return (
    <FormBox
      {...form}
      onDone={close}
      onCancel={() => {
        onCancel();
        close();
      }}
    >
      {children}
    </FormBox>
  );
}
