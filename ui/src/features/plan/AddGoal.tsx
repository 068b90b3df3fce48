import { useState } from 'react';
import { Field } from '../../components/Field';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import { AddForm } from '../edit/AddForm';

/** A new goal: what, and why if one wants. */
export function AddGoal({ dossier, proposal, onAdded }: { dossier: string; proposal: boolean; onAdded: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [title, setTitle] = useState('');
  const [why, setWhy] = useState('');
  const [missing, setMissing] = useState(false);

  function empty() {
    setTitle('');
    setWhy('');
    setMissing(false);
  }
  async function save() {
    if (title.trim() === '') {
      setMissing(true);
      return false;
    }
    const fields = { title: title.trim(), status: 'nieuw', ...(why.trim() === '' ? {} : { why: why.trim() }) };
    const saved = await steps.take({ method: 'item_add', params: { dossier, section: 'plan', kind: 'goals', fields } }, t('plan.added_goal'));
    if (saved) {
      await onAdded();
      empty();
    }
    return saved;
  }

  return (
    <AddForm button={t('plan.add_goal')} purpose="primary" title={t('plan.add_goal')} level={2} save={t('plan.add_goal_save')} onSave={save} onCancel={empty}>
      {proposal ? <p className="kt-hint">{t('plan.as_proposal')}</p> : null}
      <Field
        label={t('plan.add_goal_text')}
        hint={t('plan.add_goal_hint')}
        error={missing ? t('common.required') : null}
        required
        value={title}
        onChange={(value) => {
          setTitle(value);
          setMissing(false);
        }}
      />
      <Field label={t('plan.add_goal_why')} note={t('common.optional')} multiline value={why} onChange={setWhy} />
    </AddForm>
  );
}
