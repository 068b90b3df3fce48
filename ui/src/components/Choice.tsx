import { useId } from 'react';

/** A few choices of which exactly one holds: native radio buttons that look like one bar. */
export function Choice<T extends string>({ legend, value, options, onChange }: { legend: string; value: T; options: readonly { value: T; label: string; lang?: string }[]; onChange: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="kt-choice">
      <legend>{legend}</legend>
      <div className="kt-choice-bar">
        {options.map((option) => (
          <label key={option.value} lang={option.lang}>
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
