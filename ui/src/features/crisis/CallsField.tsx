import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { Pick } from '../../components/Pick';
import type { PersonRef } from '../../generated/PersonRef';
import { useWords } from '../../i18n/I18n';
import type { TypedCall } from '../edit/spec';

/** Whom to call, the first one first: put in order by buttons, each row changed in its place. */
export function CallsField({ legend, calls, people, onChange }: { legend: string; calls: readonly TypedCall[]; people: readonly PersonRef[]; onChange: (calls: readonly TypedCall[]) => void }) {
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
  const nameOf = (call: TypedCall) => (call.person ? people.find((one) => one.id === call.person)?.name : call.label) || t('crisis.call_nobody');

  function move(from: number, by: -1 | 1) {
    const to = from + by;
    const call = calls[from];
    if (call === undefined || to < 0 || to >= calls.length) return;
    const others = calls.filter((_, at) => at !== from);
    following.current = `[data-call="${call.key}"] [data-move="${by}"]`;
    setSaid(t('crisis.call_moved', { name: nameOf(call), place: to + 1, count: calls.length }));
    onChange([...others.slice(0, to), call, ...others.slice(to)]);
  }
  function remove(at: number) {
    const call = calls[at];
    if (call === undefined) return;
    setSaid(t('crisis.call_removed', { name: nameOf(call) }));
    following.current = '[data-add]';
    onChange(calls.filter((_, index) => index !== at));
  }
  function add() {
    const key = Math.max(0, ...calls.map((call) => call.key)) + 1;
    following.current = `[data-call="${key}"] select`;
    setOpen(key);
    onChange([...calls, { key, person: '', label: '', phone: '', hours: '', held: {} }]);
  }

  return (
    <fieldset className="kt-field kt-call-order" aria-describedby={`${id}-hint`}>
      <legend className="kt-label">{legend}</legend>
      <p className="kt-hint" id={`${id}-hint`}>
        {t('crisis.call_hint')}
      </p>
      <ol ref={list} className="kt-calls">
        {calls.map((call, at) => {
          const name = nameOf(call);
          const change = (part: Partial<TypedCall>) => onChange(calls.map((one, index) => (index === at ? { ...one, ...part } : one)));
          return (
            <li key={call.key} data-call={call.key}>
              <span className="kt-call-name">
                <strong dir="auto">{name}</strong> {call.phone && call.phone !== name ? <bdi dir="ltr">{call.phone}</bdi> : null} {call.hours ? <span dir="auto">{call.hours}</span> : null}
              </span>
              <span className="kt-call-tools">
                {([-1, 1] as const).map((by) => (
                  <button key={by} type="button" className="kt-close" data-move={by} aria-disabled={by < 0 ? at === 0 : at === calls.length - 1} aria-label={t(by < 0 ? 'crisis.call_up' : 'crisis.call_down', { name })} onClick={() => move(at, by)}>
                    <Icon name={by < 0 ? 'up' : 'chevron'} />
                  </button>
                ))}
                <Button purpose="subtle" icon="pencil" expanded={open === call.key} label={t('edit.change_label', { name })} onClick={() => setOpen(open === call.key ? null : call.key)}>
                  {t('edit.change')}
                </Button>
              </span>
              {open === call.key ? (
                <div className="kt-call-form">
                  <Pick label={t('crisis.call_who')} value={call.person} options={[{ value: '', label: t('crisis.call_else') }, ...people.map((one) => ({ value: one.id, label: one.name ?? t('common.unknown_person') }))]} onChange={(person) => change({ person })} />
                  {call.person === '' ? <Field label={t('crisis.call_name')} value={call.label} onChange={(label) => change({ label })} /> : null}
                  <Field label={t('sections.phone')} note={t('common.optional')} hint={call.person === '' ? undefined : t('crisis.call_phone_hint')} value={call.phone} onChange={(phone) => change({ phone })} />
                  <Field label={t('crisis.call_hours')} note={t('common.optional')} hint={t('crisis.call_hours_hint')} value={call.hours} onChange={(hours) => change({ hours })} />
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
        <li className="kt-call-add" data-add tabIndex={-1}>
          <Button icon="plus" onClick={add}>
            {t('crisis.call_add')}
          </Button>
        </li>
      </ol>
      <p className="kt-hidden" aria-live="polite">
        {said}
      </p>
    </fieldset>
  );
}
