import { Field } from '../../components/Field';
import { Pick } from '../../components/Pick';
import { Tick, Ticks } from '../../components/Tick';
import type { PersonRef } from '../../generated/PersonRef';
import { useWords } from '../../i18n/I18n';
import { RowsField } from '../edit/RowsField';
import type { TypedAgreement } from '../edit/spec';

/** How often somebody looks whether an agreement works, in days. */
const OFTEN = ['1', '7', '14', '30'] as const;

/** What was agreed about safety: each with who does it, and who looks whether it works. */
export function AgreementsField({ legend, agreements, people, onChange }: { legend: string; agreements: readonly TypedAgreement[]; people: readonly PersonRef[]; onChange: (agreements: readonly TypedAgreement[]) => void }) {
  const { t, dates } = useWords();
  const named = people.map(({ id, name }) => ({ value: id, label: name ?? t('common.unknown_person') }));
  const often = (days: string) => [
    { value: '', label: t('edit.not_said') },
    ...OFTEN.map((value) => ({ value: String(value), label: t(`crisis.often_${value}`) })),
    ...(days === '' || OFTEN.some((one) => one === days) ? [] : [{ value: days, label: t('crisis.often_days', { days }) }]),
  ];
  return (
    <RowsField
      legend={legend}
      rows={agreements}
      blank={(key) => ({ key, text: '', who: [], checkBy: '', days: '', checked: null, today: false, held: {} })}
      nameOf={(one) => one.text.trim() || t('crisis.agreement_none')}
      form={(one, change) => (
        <>
          <Field label={t('crisis.agreement_text')} multiline value={one.text} onChange={(text) => change({ text })} />
          <Ticks legend={t('crisis.agreement_who')} note={t('common.optional')} options={named} chosen={one.who} onChange={(who) => change({ who })} />
          <Pick label={t('crisis.agreement_check')} note={t('common.optional')} value={one.checkBy} options={[{ value: '', label: t('edit.nobody') }, ...named]} onChange={(checkBy) => change({ checkBy })} />
          {one.checkBy === '' ? null : (
            <>
              <Pick label={t('crisis.agreement_often')} note={t('common.optional')} value={one.days} options={often(one.days)} onChange={(days) => change({ days })} />
              {one.checked ? <p className="kt-hint">{t('crisis.agreement_last', { day: dates.date(one.checked) })}</p> : null}
              <Tick checked={one.today} onChange={(today) => change({ today })}>
                {t('crisis.agreement_today')}
              </Tick>
            </>
          )}
        </>
      )}
      add={t('crisis.agreement_add')}
      onChange={onChange}
    />
  );
}
