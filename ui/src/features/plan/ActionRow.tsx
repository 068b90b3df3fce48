import { memo, useId, useState } from 'react';
import { Badge } from '../../components/Badge';
import { Icon, type IconName } from '../../components/Icon';
import type { ActionView } from '../../generated/ActionView';
import type { ItemView } from '../../generated/ItemView';
import { daysBetween } from '../../i18n/dates';
import { useWords, type Words } from '../../i18n/I18n';
import { type Desk, Editable } from '../edit/items';
import { capital, peopleNamed } from '../people/names';
import { useSteps } from '../shell/Steps';
import { AlsoSaid } from './AlsoSaid';
import { ACTION } from './questions';

const STATUS_ICON: Record<string, IconName> = { open: 'circle', gepland: 'calendar', bezig: 'half', klaar: 'check', gestopt: 'stop' };

/** Every item of the section with all its fields, by id, and where its forms write to. */
export interface Editing {
  desk: Desk;
  items: ReadonlyMap<string, ItemView>;
}

interface Props {
  dossier: string;
  action: ActionView;
  /** The reader's id inside the dossier. */
  me: string | null;
  today: string;
  /** Without the people when the reader is alone, and without the word that it is under way. */
  brief?: boolean;
  /** What its form needs; none where it is only ticked. */
  desk?: Desk | null;
  item?: ItemView | null;
  /** Called after a change, with the action as it is now; resolves when the page shows it. */
  onChanged: (action: ActionView) => Promise<void> | void;
}

export function isOver(status: string): boolean {
  return status === 'klaar' || status === 'gestopt';
}

function isLate(due: string, today: string): boolean {
  return (daysBetween(today, due) ?? 0) < 0;
}

/** When a step that is not over is to be done, or was. */
export function dueSaid(due: string, today: string, { t, dates }: Words): string {
  return isLate(due, today) ? t('action.late_since', { day: dates.day(due, today) }) : t('action.due', { day: dates.near(due, today) });
}

/** One step of the plan: one tap makes it done, one more opens it again. Drawn again only when it is another one. */
export const ActionRow = memo(function ActionRow({ dossier, action, me, today, brief = false, desk = null, item = null, onChanged }: Props) {
  const words = useWords();
  const { t, term } = words;
  const steps = useSteps();
  const id = useId();
  // What was tapped is shown at once; the program's answer takes over when it is on the page.
  const [tapped, setTapped] = useState<string | null>(null);
  const status = tapped ?? action.status;
  const over = isOver(status);
  const late = action.due !== null && !over && isLate(action.due, today);

  async function tick(done: boolean) {
    if (tapped !== null) return;
    const next = done ? 'klaar' : 'open';
    setTapped(next);
    const said = t(done ? 'action.done' : 'action.reopened', { text: action.text });
    const taken = await steps.take({ method: 'item_set', params: { dossier, id: action.id, fields: { status: next } } }, said);
    if (taken) await onChanged({ ...action, status: next });
    setTapped(null);
  }

  const row = (
    <div className="kt-action" data-over={over} aria-busy={tapped !== null}>
      {action.may_change ? (
        <label className="kt-tick">
          <input type="checkbox" checked={status === 'klaar'} aria-describedby={`${id}-about`} onChange={(event) => void tick(event.target.checked)} />
          <span className="kt-tick-box" aria-hidden="true">
            <Icon name="check" />
          </span>
          <span className="kt-action-text" dir="auto">
            {action.text}
          </span>
        </label>
      ) : (
        <p className="kt-tick">
          <span className="kt-tick-state">
            <Icon name={STATUS_ICON[status] ?? 'circle'} />
          </span>
          <span className="kt-action-text" dir="auto">
            {action.text}
          </span>
        </p>
      )}
      <div className="kt-action-about" id={`${id}-about`}>
        {!brief || action.who.length > 1 ? (
          <span className="kt-fact">
            <Icon name="person" />
            {action.who.length > 0 ? capital(peopleNamed(action.who, me, words)) : t('action.nobody')}
          </span>
        ) : null}
        {action.due !== null && !over ? (
          <span className="kt-fact">
            <Icon name="clock" />
            {dueSaid(action.due, today, words)}
          </span>
        ) : null}
        {late ? (
          <Badge icon="alert" tone="warm">
            {t('action.late')}
          </Badge>
        ) : null}
        {status !== 'open' && !(brief && status === 'bezig') && (status !== 'klaar' || !action.may_change) ? (
          <Badge icon={STATUS_ICON[status] ?? 'circle'} tone={status === 'klaar' ? 'good' : 'plain'}>
            {term('action_status', status)}
          </Badge>
        ) : null}
        {action.contribution ? (
          <Badge icon="lightbulb" tone="accent">
            {t('action.proposal')}
          </Badge>
        ) : null}
      </div>
      <AlsoSaid
        dossier={dossier}
        item={action.id}
        said={action.also_said}
        current={{ text: action.text, due: action.due, status: action.status }}
        mayChange={action.may_change}
        today={today}
        onChanged={() => void onChanged(action)}
      />
    </div>
  );
  if (!desk || !item) return row;
  return (
    <Editable desk={desk} item={{ ...item, may_change: action.may_change }} name={action.text} questions={ACTION} brief>
      {row}
    </Editable>
  );
});
