import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useWords } from '../../i18n/I18n';

interface Props<Row extends { key: number }> {
  legend: string;
  hint?: string;
  rows: readonly Row[];
  blank: (key: number) => Row;
  nameOf: (row: Row) => string;
  /** What stands beside the name. */
  about?: (row: Row) => ReactNode;
  form: (row: Row, change: (part: Partial<Row>) => void) => ReactNode;
  /** The button that makes another one. */
  add: string;
  onChange: (rows: readonly Row[]) => void;
}

/** Things in a row, the first one first: put in order by buttons, each changed in its place. */
export function RowsField<Row extends { key: number }>({ legend, hint, rows, blank, nameOf, about, form, add, onChange }: Props<Row>) {
  const { t } = useWords();
  const id = useId();
  const [open, setOpen] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const list = useRef<HTMLOListElement>(null);
  // A row that moves takes the focus along; where it went is said aloud.
  const following = useRef<string | null>(null);
  useEffect(() => {
    if (following.current === null) return;
    list.current?.querySelector<HTMLElement>(following.current)?.focus();
    following.current = null;
  });

  function move(from: number, by: -1 | 1) {
    const to = from + by;
    const row = rows[from];
    if (row === undefined || to < 0 || to >= rows.length) return;
    const others = rows.filter((_, at) => at !== from);
    following.current = `[data-row="${row.key}"] [data-move="${by}"]`;
    setSaid(t('edit.row_moved', { name: nameOf(row), place: to + 1, count: rows.length }));
    onChange([...others.slice(0, to), row, ...others.slice(to)]);
  }
  function remove(at: number) {
    const row = rows[at];
    if (row === undefined) return;
    setSaid(t('edit.row_removed', { name: nameOf(row) }));
    following.current = '[data-add]';
    onChange(rows.filter((_, index) => index !== at));
  }
  function addRow() {
    const key = Math.max(0, ...rows.map((row) => row.key)) + 1;
    following.current = `[data-row="${key}"] :is(select, textarea, input)`;
    setOpen(key);
    onChange([...rows, blank(key)]);
  }

  return (
    <fieldset className="kt-field kt-rows" aria-describedby={hint ? `${id}-hint` : undefined}>
      <legend className="kt-label">{legend}</legend>
      {hint ? (
        <p className="kt-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      <ol ref={list} className="kt-calls">
        {rows.map((row, at) => {
          const name = nameOf(row);
          return (
            <li key={row.key} data-row={row.key}>
              <span className="kt-row-name">
                <strong dir="auto">{name}</strong> {about?.(row)}
              </span>
              <span className="kt-row-tools">
                {([-1, 1] as const).map((by) => (
                  <button key={by} type="button" className="kt-close" data-move={by} aria-disabled={by < 0 ? at === 0 : at === rows.length - 1} aria-label={t(by < 0 ? 'edit.row_up' : 'edit.row_down', { name })} onClick={() => move(at, by)}>
                    <Icon name={by < 0 ? 'up' : 'chevron'} />
                  </button>
                ))}
                <Button purpose="subtle" icon="pencil" expanded={open === row.key} label={t('edit.change_label', { name })} onClick={() => setOpen(open === row.key ? null : row.key)}>
                  {t('edit.change')}
                </Button>
              </span>
              {open === row.key ? (
                <div className="kt-row-form">
                  {form(row, (part) => onChange(rows.map((one, index) => (index === at ? { ...one, ...part } : one))))}
                  <div className="kt-tools">
                    <Button purpose="subtle" icon="bin" label={t('edit.remove_label', { name })} onClick={() => remove(at)}>
                      {t('edit.remove')}
                    </Button>
                  </div>
                </div>
              ) : null}
            </li>
          );
        })}
        <li className="kt-row-add" data-add tabIndex={-1}>
          <Button icon="plus" onClick={addRow}>
            {add}
          </Button>
        </li>
      </ol>
      <p className="kt-hidden" aria-live="polite">
        {said}
      </p>
    </fieldset>
  );
}
