import { type HTMLInputAutoCompleteAttribute, type Ref, useId } from 'react';
import { Icon } from './Icon';

interface Props {
  label: string;
  /** Said after the label, such as "can stay empty". */
  note?: string;
  hint?: string;
  error?: string | null;
  value: string;
  onChange: (value: string) => void;
  multiline?: boolean;
  /** Numbers with a comma: a phone or tablet then offers the right keys. */
  decimal?: boolean;
  secret?: boolean;
  autoComplete?: HTMLInputAutoCompleteAttribute;
  spellCheck?: boolean;
  required?: boolean;
  ref?: Ref<HTMLInputElement & HTMLTextAreaElement>;
}

/** A labelled input with its hint and its error tied to it. */
export function Field({ label, note, hint, error, value, onChange, multiline = false, decimal = false, secret = false, autoComplete = 'off', spellCheck, required, ref }: Props) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  const shared = {
    id,
    ref,
    value,
    autoComplete,
    spellCheck,
    className: 'kt-input',
    dir: 'auto' as const,
    'aria-describedby': described,
    'aria-invalid': error ? true : undefined,
    'aria-required': required,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div className="kt-field">
      <label className="kt-label" htmlFor={id}>
        {label}
        {note ? <span className="kt-label-note"> ({note})</span> : null}
      </label>
      {hint ? (
        <p className="kt-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {multiline ? <textarea rows={4} {...shared} /> : <input type={secret ? 'password' : 'text'} inputMode={decimal ? 'decimal' : undefined} {...shared} />}
      {error ? (
        <p className="kt-error" id={`${id}-error`}>
          <Icon name="alert" />
          {error}
        </p>
      ) : null}
    </div>
  );
}
