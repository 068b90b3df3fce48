import { useId } from 'react';
import { Icon } from './Icon';

interface Props {
  label: string;
  note?: string;
  hint?: string;
  error?: string | null;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  /** The label stands beside the list, not above it. */
  beside?: boolean;
}

/** One of a list: the native control, which every device shows in the way its owner knows. */
export function Pick({ label, note, hint, error, value, options, onChange, beside = false }: Props) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className="kt-field" data-beside={beside}>
      <label className="kt-label" htmlFor={id}>
        {label}
        {note ? <span className="kt-label-note"> ({note})</span> : null}
      </label>
      {hint ? (
        <p className="kt-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      <span className="kt-pick">
        <select id={id} className="kt-input" value={value} aria-describedby={described} aria-invalid={error ? true : undefined} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="chevron" />
      </span>
      {error ? (
        <p className="kt-error" id={`${id}-error`}>
          <Icon name="alert" />
          {error}
        </p>
      ) : null}
    </div>
  );
}
