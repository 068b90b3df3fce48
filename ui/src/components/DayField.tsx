import { useId } from 'react';
import { Icon } from './Icon';

/** A day as it is typed: three short numbers, the same on every computer and in every language. */
export interface TypedDay {
  day: string;
  month: string;
  year: string;
}

export const NO_DAY: TypedDay = { day: '', month: '', year: '' };

/** The day as `2026-11-30`; empty text when nothing was typed; null when it is not a day that exists. */
export function typedDay({ day, month, year }: TypedDay): string | null {
  if (day.trim() === '' && month.trim() === '') return '';
  const [d, m, y] = [day, month, year].map((part) => (/^\d{1,4}$/.test(part.trim()) ? Number(part) : Number.NaN)) as [number, number, number];
  const full = y < 100 ? 2000 + y : y;
  const date = new Date(Date.UTC(full, m - 1, d));
  if (date.getUTCFullYear() !== full || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return null;
  return date.toISOString().slice(0, 10);
}

interface Props {
  legend: string;
  note?: string;
  labels: Readonly<Record<keyof TypedDay, string>>;
  error: string | null;
  /** Wrong, and said elsewhere. */
  invalid?: boolean;
  value: TypedDay;
  onChange: (value: TypedDay) => void;
}

export function DayField({ legend, note, labels, error, invalid, value, onChange }: Props) {
  const id = useId();
  return (
    <fieldset className="kt-field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="kt-label">
        {legend}
        {note ? <span className="kt-label-note"> ({note})</span> : null}
      </legend>
      <div className="kt-day-parts">
        {(['day', 'month', 'year'] as const).map((part) => (
          <label key={part} data-part={part}>
            {labels[part]}
            <input
              className="kt-input"
              inputMode="numeric"
              autoComplete="off"
              maxLength={part === 'year' ? 4 : 2}
              aria-invalid={error || invalid ? true : undefined}
              value={value[part]}
              onChange={(event) => onChange({ ...value, [part]: event.target.value })}
            />
          </label>
        ))}
      </div>
      {error ? (
        <p className="kt-error" id={`${id}-error`}>
          <Icon name="alert" />
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
