import { useCallback, useMemo } from 'react';
import { Few } from '../../components/Few';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { LongList } from '../../components/LongList';
import { Notice } from '../../components/Notice';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { GoalView } from '../../generated/GoalView';
import type { PlanView } from '../../generated/PlanView';
import type { SectionView } from '../../generated/SectionView';
import { useWords } from '../../i18n/I18n';
import { touches, useAnswer } from '../../live/useAnswer';
import { SavePaper } from '../paper/SavePaper';
import { useLookingOnly } from '../looking/only';
import { SeenBy } from '../people/SeenBy';
import { ItemsOfKind } from '../sections/Items';
import { useDesk, useSection } from '../sections/useDesk';
import { Live } from '../shell/Live';
import { hrefOf } from '../shell/route';
import { ActionRow } from './ActionRow';
import { AddGoal } from './AddGoal';
import { GoalCard } from './GoalCard';

/** Goals with their steps, from live data. */
export function PlanPage({ dossier }: { dossier: DossierCard }) {
  const answer = useAnswer({ method: 'plan', params: { dossier: dossier.id } }, touches(dossier.id, ['plan']));
  const section = useSection(dossier, 'plan');
  const [again, sectionAgain] = [answer.refresh, section.refresh];
  const refresh = useCallback(async () => {
    await Promise.all([again(), sectionAgain()]);
  }, [again, sectionAgain]);
  return <Live answer={answer}>{(plan) => <Plan dossier={dossier} plan={plan} section={section.data} onChanged={refresh} />}</Live>;
}

/** Height of a goal with a few steps, in CSS pixels, and how many of them are drawn whole. */
const GOAL_HEIGHT = 640;
const WHOLE = 15;

/** Goals that stand open at first: a plan has about three at a time. */
const FIRST = 3;

/** What stands in the plan beside goals and steps. */
const BESIDE = ['plan', 'strengths', 'concerns', 'decisions', 'court_measures', 'assessments', 'facts', 'earlier_help', 'story', 'flags'];
const WRITTEN_HERE = new Set(['plan', 'strengths', 'concerns', 'decisions']);

function Plan({ dossier, plan, section, onChanged }: { dossier: DossierCard; plan: PlanView; /** The same section with every field, for the forms; there a moment later. */ section: SectionView | null; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const looking = useLookingOnly();
  const today = plan.date;
  const mayAdd = plan.right !== 'read';
  const proposal = plan.right === 'append';
  const past = (goal: GoalView) => goal.status === 'gehaald' || goal.status === 'gestopt';
  const current = plan.goals.filter((goal) => !past(goal));
  const over = plan.goals.filter(past);
  const desk = useDesk(dossier, section, onChanged);
  const items = useMemo(() => new Map(section?.items.map((item) => [item.id, item])), [section?.items]);
  const editing = useMemo(() => (desk === null ? null : { desk, items }), [desk, items]);
  if (plan.right === null) {
    return (
      <>
        <PageTitle>{t('plan.title')}</PageTitle>
        <Notice icon="eye">
          <p>{t('plan.not_shared')}</p>
        </Notice>
      </>
    );
  }
  const beside = (kind: string) => section?.items.filter((item) => item.kind === kind) ?? [];
  const empty = plan.goals.length === 0 && plan.loose_actions.length === 0;
  const cards = (goals: readonly GoalView[], before = 0, whole = goals.length) => (
    <LongList className="kt-goals" items={goals} keyOf={(goal) => goal.id} estimate={GOAL_HEIGHT} whole={WHOLE}>
      {(goal, index) => <GoalCard dossier={dossier} goal={goal} number={before + index + 1} today={today} mayAdd={mayAdd} proposal={proposal} brief={index >= whole} editing={editing} onChanged={onChanged} />}
    </LongList>
  );

  return (
    <>
      <div className="kt-page-top">
        <PageTitle userText>{plan.title ?? t('plan.title')}</PageTitle>
        <SeenBy people={plan.seen_by} own={dossier.own} dossier={dossier.id} />
        {dossier.own && !looking ? (
          <a className="kt-to-table" href={hrefOf({ page: 'table', dossier: dossier.id, step: null })}>
            <Icon name="people" />
            {t('table.open')}
          </a>
        ) : null}
      </div>
      {plan.wish ? (
        <figure className="kt-wish">
          <figcaption>{t('plan.wish')}</figcaption>
          <blockquote dir="auto">{plan.wish}</blockquote>
        </figure>
      ) : null}
      {empty ? (
        <div className="kt-card kt-empty">
          <Icon name="road" />
          <Title level={2}>{t('plan.empty_title')}</Title>
          <p>{mayAdd ? t('plan.empty_text') : t('plan.empty_read')}</p>
        </div>
      ) : null}
      {mayAdd ? (
        <div className="kt-add-goal">
          <AddGoal dossier={dossier.id} proposal={proposal} onAdded={onChanged} />
        </div>
      ) : null}
      {current.length > 0 ? cards(current, 0, FIRST) : null}
      {plan.loose_actions.length > 0 ? (
        <section className="kt-card">
          <Title level={2}>{t('plan.loose')}</Title>
          <Few className="kt-actions" items={plan.loose_actions} keyOf={(action) => action.id} more={(count) => t('common.more', { count })}>
            {(action) => <ActionRow dossier={dossier.id} action={action} me={dossier.me} today={today} desk={desk} item={items.get(action.id)} onChanged={onChanged} />}
          </Few>
        </section>
      ) : null}
      {over.length > 0 ? (
        <Fold summary={t('plan.past', { count: over.length })}>
          {cards(over, current.length)}
        </Fold>
      ) : null}
      {editing
        ? BESIDE.map((kind) => {
            const items = beside(kind);
            const add = mayAdd && WRITTEN_HERE.has(kind);
            return items.length > 0 || add ? <ItemsOfKind key={kind} kind={kind} items={items} desk={editing.desk} add={add} folded /> : null;
          })
        : null}
      {empty || looking ? null : (
        <SavePaper paper="plan" dossier={dossier.id}>
          {t('print.plan')}
        </SavePaper>
      )}
    </>
  );
}
