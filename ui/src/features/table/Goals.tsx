import { type SubmitEvent, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { DayField, NO_DAY, type TypedDay, typedDay } from '../../components/DayField';
import { Field } from '../../components/Field';
import { Notice } from '../../components/Notice';
import { PageTitle } from '../../components/Title';
import { Ticks } from '../../components/Tick';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { text, texts } from '../edit/spec';
import { firstName } from '../people/names';
import { namesOf } from '../sections/facts';
import { deskOf } from '../sections/useDesk';
import { useSteps } from '../shell/Steps';
import { MOST_GOALS } from './sitting';
import { type AtTable, Onward } from './TablePage';
import { Written } from './Written';

/** At most three goals, in the resident's own words. */
export function Goals({ at }: { at: AtTable }) {
  const { t } = useWords();
  const steps = useSteps();
  const [typed, setTyped] = useState('');
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const { goals, fresh, others } = at.sitting;
  const full = fresh && goals.length >= MOST_GOALS;

  async function save() {
    const title = typed.trim();
    if (title === '') return true;
    const fields = { title, status: 'nieuw', created: at.plan.date, own_words: true, ...(at.dossier.me ? { created_by: at.dossier.me } : {}) };
    const saved = await steps.take({ method: 'item_add', params: { dossier: at.dossier.id, section: 'plan', kind: 'goals', fields } }, t('plan.added_goal'));
    if (saved) {
      setTyped('');
      await at.refresh();
    }
    return saved;
  }
  async function add(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    await save();
    input.current?.focus();
  }

  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('table.goals_title')}</PageTitle>
        <p className="kt-lead">{t('table.goals_lead')}</p>
      </div>
      {fresh ? null : goals.length > 0 ? <p>{t('table.goals_before')}</p> : null}
      <Written items={goals.map((goal) => (fresh ? goal : { ...goal, may_remove: false }))} at={at} words={(goal) => text(goal, 'title') ?? ''} />
      {fresh && others > 0 ? <p className="kt-quiet">{t('table.goals_others', { count: others })}</p> : null}
      {full ? (
        <Notice icon="check">
          <p>{t('table.goals_full')}</p>
        </Notice>
      ) : (
        <form className="kt-table-form" noValidate aria-label={t('table.goals_title')} onSubmit={(event) => void add(event)}>
          <Field ref={input} label={t('table.goals_field')} hint={t('plan.add_goal_hint')} value={typed} onChange={setTyped} />
          <Button type="submit" icon="plus">
            {t('table.write_down')}
          </Button>
        </form>
      )}
      <Onward at={at} save={save} />
    </>
  );
}

/** For one goal: who does what, and when. */
export function WhoDoes({ goal, at }: { goal: ItemView; at: AtTable }) {
  const words = useWords();
  const { t, dates } = words;
  const steps = useSteps();
  const desk = deskOf(at.dossier, at.plan, at.refresh);
  const start: TypedDay = { ...NO_DAY, year: at.plan.date.slice(0, 4) };
  const [typed, setTyped] = useState('');
  const [who, setWho] = useState<readonly string[]>(at.dossier.me ? [at.dossier.me] : []);
  const [due, setDue] = useState(start);
  const [wrong, setWrong] = useState<'day' | 'text' | null>(null);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const actions = at.sitting.actions.filter((action) => text(action, 'goal_id') === goal.id);

  async function save() {
    const day = typedDay(due);
    if (typed.trim() === '') return true;
    if (day === null) {
      setWrong('day');
      return false;
    }
    const fields = { goal_id: goal.id, text: typed.trim(), status: 'open', who, ...(day === '' ? {} : { due: day }) };
    const saved = await steps.take({ method: 'item_add', params: { dossier: at.dossier.id, section: 'plan', kind: 'actions', fields } }, t('plan.added_action'));
    if (saved) {
      setTyped('');
      setDue(start);
      await at.refresh();
    }
    return saved;
  }
  async function add(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (typed.trim() === '') setWrong('text');
    else if (!(await save())) return;
    input.current?.focus();
  }

  // The resident first, then everybody by name, as the program lists them.
  const people = [...desk.people].sort((a, b) => Number(b.id === at.dossier.me) - Number(a.id === at.dossier.me));
  return (
    <>
      <div className="kt-page-top">
        <p className="kt-quiet">{t('table.who_goal')}</p>
        <PageTitle userText>{text(goal, 'title')}</PageTitle>
        <p className="kt-lead">{t('table.who_lead')}</p>
      </div>
      <Written
        items={actions}
        at={at}
        words={(action) => text(action, 'text') ?? ''}
        by={(action) => {
          const day = text(action, 'due');
          return [texts(action, 'who').length > 0 ? namesOf(desk, texts(action, 'who'), words) : t('action.nobody'), day ? dates.near(day, at.plan.date) : null].filter(Boolean).join(', ');
        }}
      />
      <form className="kt-table-form" noValidate aria-label={t('table.who_form')} onSubmit={(event) => void add(event)}>
        <Field
          ref={input}
          label={t('table.who_what')}
          hint={t('plan.add_action_hint')}
          error={wrong === 'text' ? t('common.required') : null}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            setWrong(null);
          }}
        />
        <Ticks legend={t('plan.who')} options={people.map(({ id, name }) => ({ value: id, label: id === at.dossier.me ? t('table.me') : name ? firstName(name) : t('common.unknown_person') }))} chosen={who} onChange={setWho} />
        <DayField
          legend={t('table.who_when')}
          note={t('common.optional')}
          labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }}
          error={wrong === 'day' ? t('date.no_such_day') : null}
          value={due}
          onChange={(value) => {
            setDue(value);
            setWrong(null);
          }}
        />
        <Button type="submit" icon="plus">
          {t('table.write_down')}
        </Button>
      </form>
      <Onward at={at} save={save} />
    </>
  );
}
