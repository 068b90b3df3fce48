import { type ClipboardEvent, createContext, type HTMLInputAutoCompleteAttribute, type Ref, use, useId, useRef, useState } from 'react';
import { useKept } from './drafts';
import { Icon } from './Icon';

/** Characters that the program keeps in one text. More is not let in: a browser takes a second to lay out a megabyte, and again at every letter. */
const LONGEST = 200_000;

/** The sentence for a text that is so many characters over the most; who knows the reader's language provides it. */
export const TooLong = createContext((by: number, most: number) => `${most} + ${by}`);

interface Props {
  label: string;
  /** Said after the label, such as "can stay empty". */
  note?: string;
  hint?: string;
  error?: string | null;
  value: string;
  onChange: (value: string) => void;
  multiline?: boolean;
  /** Lines that a long answer shows before anything is typed. */
  rows?: number;
  /** Numbers with a comma: a phone or tablet then offers the right keys. */
  decimal?: boolean;
  secret?: boolean;
  autoComplete?: HTMLInputAutoCompleteAttribute;
  spellCheck?: boolean;
  required?: boolean;
  ref?: Ref<HTMLInputElement & HTMLTextAreaElement>;
}

/** A labelled input with its hint and its error tied to it. */
export function Field({ label, note, hint, error, value, onChange, multiline = false, rows = 4, decimal = false, secret = false, autoComplete = 'off', spellCheck, required, ref }: Props) {
  const tooLong = use(TooLong);
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  useKept(place, label, value, onChange, secret);
  const [over, setOver] = useState(0);
  const described = [hint ? `${id}-hint` : '', error || over > 0 ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  const shared = {
    id,
    ref,
    value,
    autoComplete,
    spellCheck,
    className: 'kt-input',
    dir: 'auto' as const,
    'aria-describedby': described,
    'aria-invalid': error || over > 0 ? true : undefined,
    'aria-required': required,
    onChange: (event: { target: { value: string } }) => {
      setOver(0);
      onChange(event.target.value);
    },
    onPaste: (event: ClipboardEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      const { selectionStart, selectionEnd } = event.currentTarget;
      const length = value.length - ((selectionEnd ?? 0) - (selectionStart ?? 0)) + event.clipboardData.getData('text/plain').length;
      setOver(Math.max(0, length - LONGEST));
      if (length > LONGEST) event.preventDefault();
    },
  };
  const said = over > 0 ? tooLong(over, LONGEST) : error;
  return (
    <div className="kt-field" ref={place}>
      <label className="kt-label" htmlFor={id}>
        {label}
        {note ? <span className="kt-label-note"> ({note})</span> : null}
      </label>
      {hint ? (
        <p className="kt-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {multiline ? <textarea rows={rows} {...shared} /> : <input type={secret ? 'password' : 'text'} inputMode={decimal ? 'decimal' : undefined} {...shared} />}
      {said ? (
        <p className="kt-error" id={`${id}-error`} role={over > 0 ? 'alert' : undefined}>
          <Icon name="alert" />
          {said}
        </p>
      ) : null}
    </div>
  );
}
