import type { ReactNode } from 'react';
import { Icon } from './Icon';

/** One yes or no: a native checkbox with a big target. */
export function Tick({ checked, onChange, children }: { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode }) {
  return (
    <label className="kt-tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span className="kt-tick-box" aria-hidden="true">
        <Icon name="check" />
      </span>
      <span>{children}</span>
    </label>
  );
}

/** Several of a few things. */
export function Ticks({ legend, note, options, chosen, onChange }: { legend: string; note?: string; options: readonly { value: string; label: string }[]; chosen: readonly string[]; onChange: (chosen: string[]) => void }) {
  return (
    <fieldset className="kt-field kt-ticks">
      <legend className="kt-label">
        {legend}
        {note ? <span className="kt-label-note"> ({note})</span> : null}
      </legend>
      <div className="kt-ticks-list">
        {options.map((option) => (
          <Tick
            key={option.value}
            checked={chosen.includes(option.value)}
            onChange={(checked) => onChange(checked ? [...chosen, option.value] : chosen.filter((one) => one !== option.value))}
          >
            <span dir="auto">{option.label}</span>
          </Tick>
        ))}
      </div>
    </fieldset>
  );
}
