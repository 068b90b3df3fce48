import { useState } from 'react';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import type { GoalView } from '../../generated/GoalView';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import { AddForm } from './AddForm';

/** A new step of a goal: what, when, and whether the writer does it. */
export function AddAction({ dossier, goal, me, proposal, onAdded }: { dossier: string; goal: GoalView; me: string | null; proposal: boolean; onAdded: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [text, setText] = useState('');
  const [due, setDue] = useState('');
  const [mine, setMine] = useState(true);
  const [missing, setMissing] = useState(false);

  function empty() {
    setText('');
    setDue('');
    setMine(true);
    setMissing(false);
  }
  async function save() {
    if (text.trim() === '') {
      setMissing(true);
      return false;
    }
    const fields = { goal_id: goal.id, text: text.trim(), status: 'open', who: mine && me ? [me] : [], ...(due === '' ? {} : { due }) };
    const saved = await steps.take({ method: 'item_add', params: { dossier, section: 'plan', kind: 'actions', fields } }, t('plan.added_action'));
    if (saved) {
      await onAdded();
      empty();
    }
    return saved;
  }

  const title = t('plan.add_action_for', { goal: goal.title });
  return (
    <AddForm button={t('plan.add_action')} buttonLabel={title} purpose="subtle" title={title} save={t('plan.add_action_save')} onSave={save} onCancel={empty}>
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
      <Field label={t('plan.add_action_due')} note={t('common.optional')} type="date" value={due} onChange={setDue} />
      {me ? (
        <label className="kt-tick">
          <input type="checkbox" checked={mine} onChange={(event) => setMine(event.target.checked)} />
          <span className="kt-tick-box" aria-hidden="true">
            <Icon name="check" />
          </span>
          <span>{t('plan.add_action_mine')}</span>
        </label>
      ) : null}
    </AddForm>
  );
}
