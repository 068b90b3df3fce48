import { Field } from '../../components/Field';
import { Pick } from '../../components/Pick';
import type { PersonRef } from '../../generated/PersonRef';
import { useWords } from '../../i18n/I18n';
import { RowsField } from '../edit/RowsField';
import type { TypedCall } from '../edit/spec';

/** Whom to call, the first one first. */
export function CallsField({ legend, calls, people, onChange }: { legend: string; calls: readonly TypedCall[]; people: readonly PersonRef[]; onChange: (calls: readonly TypedCall[]) => void }) {
  const { t } = useWords();
  const nameOf = (call: TypedCall) => (call.person ? people.find((one) => one.id === call.person)?.name : call.label) || t('crisis.call_nobody');
  return (
    <RowsField
      legend={legend}
      hint={t('crisis.call_hint')}
      rows={calls}
      blank={(key) => ({ key, person: '', label: '', phone: '', hours: '', held: {} })}
      nameOf={nameOf}
      about={(call) => (
        <>
          {call.phone && call.phone !== nameOf(call) ? <bdi dir="ltr">{call.phone}</bdi> : null} {call.hours ? <span dir="auto">{call.hours}</span> : null}
        </>
      )}
      form={(call, change) => (
        <>
          <Pick label={t('crisis.call_who')} value={call.person} options={[{ value: '', label: t('crisis.call_else') }, ...people.map((one) => ({ value: one.id, label: one.name ?? t('common.unknown_person') }))]} onChange={(person) => change({ person })} />
          {call.person === '' ? <Field label={t('crisis.call_name')} value={call.label} onChange={(label) => change({ label })} /> : null}
          <Field label={t('sections.phone')} note={t('common.optional')} hint={call.person === '' ? undefined : t('crisis.call_phone_hint')} value={call.phone} onChange={(phone) => change({ phone })} />
          <Field label={t('crisis.call_hours')} note={t('common.optional')} hint={t('crisis.call_hours_hint')} value={call.hours} onChange={(hours) => change({ hours })} />
        </>
      )}
      add={t('crisis.call_add')}
      onChange={onChange}
    />
  );
}
