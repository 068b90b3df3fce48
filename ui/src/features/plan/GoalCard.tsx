import { memo, useEffect, useId, useRef, useState } from 'react';
import { Badge } from '../../components/Badge';
import { Button } from '../../components/Button';
import { Few } from '../../components/Few';
import { type IconName } from '../../components/Icon';
import { Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { GoalView } from '../../generated/GoalView';
import { daysBetween } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { ActionRow, type Editing, isOver } from './ActionRow';
import { AddAction } from './AddAction';
import { AlsoSaid } from './AlsoSaid';
import { Editable } from '../edit/items';
import { GOAL } from './questions';
import { Fold } from '../../components/Fold';

const STATUS_ICON: Record<string, IconName> = { nieuw: 'flag', bezig: 'half', gehaald: 'check', gestopt: 'stop' };

/** A step that is due within so many days keeps its goal open. */
const NEAR = 7;

interface Props {
  dossier: DossierCard;
  goal: GoalView;
  /** Its place in the list, from 1. */
  number: number;
  today: string;
  mayAdd: boolean;
  proposal: boolean;
  /** Folded to its title, as long as nothing in it is near. */
  brief?: boolean;
  /** What the forms need; none before it is there. */
  editing: Editing | null;
  onChanged: () => Promise<void>;
}

/** One goal: the title in own words, why, how one sees it, and the steps that are still to do. */
export const GoalCard = memo(function GoalCard({ dossier, goal, number, today, mayAdd, proposal, brief = false, editing, onChanged }: Props) {
  const { t, term, dates } = useWords();
  const id = useId();
  const open = goal.actions.filter((action) => !isOver(action.status));
  const over = goal.actions.filter((action) => isOver(action.status));
  // A goal without a step asks for one.
  const near = goal.actions.length === 0 || open.some((action) => action.due !== null && (daysBetween(today, action.due) ?? 0) <= NEAR);
  const [unfolded, setUnfolded] = useState(false);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (unfolded) card.current?.focus();
  }, [unfolded]);
  const list = (actions: GoalView['actions']) => (
    <Few className="kt-actions" items={actions} keyOf={(action) => action.id} more={(count) => t('common.more', { count })}>
      {(action) => <ActionRow dossier={dossier.id} action={action} me={dossier.me} today={today} desk={editing?.desk} item={editing?.items.get(action.id)} onChanged={onChanged} />}
    </Few>
  );
  const item = editing?.items.get(goal.id);
  const facts =
    goal.why || goal.measure || goal.target_date ? (
        <dl className="kt-goal-facts">
          {goal.why ? (
            <div>
              <dt>{t('plan.why')}</dt>
              <dd dir="auto">{goal.why}</dd>
            </div>
          ) : null}
          {goal.measure ? (
            <div>
              <dt>{t('plan.measure')}</dt>
              <dd dir="auto">{goal.measure}</dd>
            </div>
          ) : null}
          {goal.target_date ? (
            <div>
              <dt>{t('plan.target')}</dt>
              <dd>{dates.day(goal.target_date, today)}</dd>
            </div>
          ) : null}
        </dl>
      ) : null;
  const whole = (
    <>
      <AlsoSaid
        dossier={dossier.id}
        item={goal.id}
        status="goal_status"
        said={goal.also_said}
        current={{ title: goal.title, why: goal.why, measure: goal.measure, status: goal.status, target_date: goal.target_date }}
        mayChange={goal.may_change}
        today={today}
        onChanged={() => void onChanged()}
      />
      {editing && item ? (
        <Editable desk={editing.desk} item={{ ...item, may_change: goal.may_change }} name={goal.title} questions={GOAL} level={3}>
          {facts}
        </Editable>
      ) : (
        facts
      )}
      <Title level={3}>{t('plan.actions')}</Title>
      {open.length > 0 ? list(open) : null}
      {goal.actions.length === 0 ? <p className="kt-quiet">{mayAdd ? t('plan.no_actions') : t('plan.no_actions_read')}</p> : null}
      {over.length > 0 ? (
        <Fold summary={t('plan.done', { count: over.length })}>
          {list(over)}
        </Fold>
      ) : null}
      {mayAdd ? <AddAction dossier={dossier.id} goal={goal} me={dossier.me} proposal={proposal} today={today} onAdded={onChanged} /> : null}
    </>
  );
  return (
    <article ref={card} className="kt-card kt-goal" aria-labelledby={id} tabIndex={-1}>
      <div className="kt-goal-top">
        <span className="kt-quiet">{t('plan.goal_number', { number })}</span>
        {goal.domain ? <span className="kt-quiet">{term('domain', goal.domain)}</span> : null}
        <Badge icon={STATUS_ICON[goal.status] ?? 'circle'} tone={goal.status === 'gehaald' ? 'good' : 'plain'}>
          {term('goal_status', goal.status)}
        </Badge>
      </div>
      <Title level={2} id={id} userText>
        {goal.title}
      </Title>
      {brief && !near && !unfolded ? (
        <Button purpose="subtle" icon="chevron" expanded={false} label={t('plan.unfold_label', { title: goal.title })} onClick={() => setUnfolded(true)}>
          {t('plan.unfold', { count: open.length })}
        </Button>
      ) : (
        whole
      )}
    </article>
  );
});
