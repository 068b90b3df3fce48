import { useState } from 'react';
import { DayField, NO_DAY, typedDay, type TypedDay } from '../../components/DayField';
import { Field } from '../../components/Field';
import { Tick } from '../../components/Tick';
import type { GoalView } from '../../generated/GoalView';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import { AddForm } from '../edit/AddForm';

/** A new step of a goal: what, when, and whether the writer does it. */
export function AddAction({ dossier, goal, me, proposal, today, onAdded }: { dossier: string; goal: GoalView; me: string | null; proposal: boolean; today: string; onAdded: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [text, setText] = useState('');
  const [due, setDue] = useState<TypedDay>(() => startDay(today));
  const [noDay, setNoDay] = useState(false);
  const [mine, setMine] = useState(true);
  const [missing, setMissing] = useState(false);

  function empty() {
    setText('');
    setDue(startDay(today));
    setNoDay(false);
    setMine(true);
    setMissing(false);
  }
  async function save() {
    const day = typedDay(due);
    setMissing(text.trim() === '');
    setNoDay(day === null);
    if (text.trim() === '' || day === null) return false;
    const fields = { goal_id: goal.id, text: text.trim(), status: 'open', who: mine && me ? [me] : [], ...(day === '' ? {} : { due: day }) };
    const saved = await steps.take({ method: 'item_add', params: { dossier, section: 'plan', kind: 'actions', fields } }, t('plan.added_action'));
    if (saved) {
      await onAdded();
      empty();
    }
    return saved;
  }

  const title = t('plan.add_action_for', { goal: goal.title });
  return (
    <AddForm button={t('plan.add_action')} buttonLabel={title} purpose="subtle" title={title} level={4} save={t('plan.add_action_save')} onSave={save} onCancel={empty}>
      {proposal ? <p className="kt-hint">{t('plan.as_proposal')}</p> : null}
      <Field
        label={t('plan.add_action_text')}
        hint={t('plan.add_action_hint')}
        error={missing ? t('common.required') : null}
        required
        value={text}
        onChange={(value) => {
          setText(value);
          setMissing(false);
        }}
      />
      <DayField
        legend={t('plan.add_action_due')}
        note={t('common.optional')}
        labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }}
        error={noDay ? t('date.no_such_day') : null}
        value={due}
        onChange={(value) => {
          setDue(value);
          setNoDay(false);
        }}
      />
      {me ? (
        <Tick checked={mine} onChange={setMine}>
          {t('plan.add_action_mine')}
        </Tick>
      ) : null}
    </AddForm>
  );
}

/** Only the year is there already: it is nearly always this one. */
function startDay(today: string): TypedDay {
  return { ...NO_DAY, year: today.slice(0, 4) };
}
