import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { Title } from '../../components/Title';
import type { FieldStep } from '../../generated/FieldStep';
import type { StepDeed } from '../../generated/StepDeed';
import type { StepView } from '../../generated/StepView';
import type { Key } from '../../i18n/catalogue';
import { lookUp } from '../../i18n/catalogue';
import { useWords, type Words } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { useMoment } from '../access/useMoment';
import type { Desk } from '../edit/items';
import type { Question } from '../edit/spec';
import { useLookingOnly } from '../looking/only';
import { capital, firstName, listed } from '../people/names';
import { nameOf } from '../sections/facts';
import { Live } from '../shell/Live';
import { hrefOf } from '../shell/route';

const DEEDS: Record<StepDeed, Key> = {
  added: 'history.added',
  brought_along: 'history.brought_along',
  kept: 'history.kept',
  contributed: 'history.contributed',
  taken_over: 'history.taken_over',
  changed: 'history.changed',
  chosen: 'history.chosen',
  put_back: 'history.put_back',
  removed: 'history.removed',
  reacted: 'history.reacted',
  took_back: 'history.took_back',
  progress: 'history.progress',
  seen: 'history.seen',
};

/** Most letters of a text that is shown in a step. */
const MOST = 280;

interface Props {
  desk: Desk;
  /** Item id. */
  item: string;
  kind: string;
  /** Says which item it is about. */
  name: string;
  /** How the fields are called where they are filled in. */
  questions?: readonly Question[];
  /** Level of the heading. */
  level?: 3 | 4;
}

/** "Who changed what?": one tap opens the steps that made this item what it is. */
export function HistoryOf(props: Props) {
  const { t } = useWords();
  const looking = useLookingOnly();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);
  useEffect(() => {
    if (open || !returning.current) return;
    returning.current = false;
    opener.current?.focus();
  }, [open]);
  if (looking) return null;
  if (open) {
    return (
      <Panel
        {...props}
        onClose={() => {
          returning.current = true;
          setOpen(false);
        }}
      />
    );
  }
  return (
    <Button ref={opener} purpose="subtle" icon="clock" label={t('history.button_label', { name: props.name })} onClick={() => setOpen(true)}>
      {t('history.button')}
    </Button>
  );
}

function Panel({ desk, item, kind, name, questions = [], level = 4, onClose }: Props & { onClose: () => void }) {
  const { t } = useWords();
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  const answer = useAnswer({ method: 'history', params: { dossier: desk.dossier, id: item } }, (event) => event.event === 'changed' && event.dossier === desk.dossier);
  useEffect(() => panel.current?.focus(), []);
  return (
    <section
      className="kt-history"
      aria-labelledby={id}
      tabIndex={-1}
      ref={panel}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div className="kt-history-top">
        <Title level={level} id={id} userText>
          {t('history.title', { name })}
        </Title>
        <Button purpose="subtle" icon="close" label={t('history.close_label', { name })} onClick={onClose}>
          {t('history.close')}
        </Button>
      </div>
      <Live answer={answer}>
        {(history) => (
          <>
            <p className="kt-hint">{t('history.lead')}</p>
            <ol className="kt-history-steps">
              {[...history.steps].reverse().map((step) => (
                <li key={step.step}>
                  <Step step={step} desk={desk} kind={kind} questions={questions} />
                </li>
              ))}
            </ol>
          </>
        )}
      </Live>
    </section>
  );
}

function Step({ step, desk, kind, questions }: { step: StepView; desk: Desk; kind: string; questions: readonly Question[] }) {
  const words = useWords();
  const { t, term } = words;
  const moment = useMoment();
  const who = step.who.id === desk.me ? t('log.you') : (step.who.name ?? t('common.unknown_person'));
  const role = step.role ? term('role', step.role) : null;
  const when = step.at === '' ? t('history.no_time') : moment(step.at);
  // Whoever answers or says how far it is, says words, and those need no heading.
  const bare = step.deed === 'reacted' || step.deed === 'progress' || step.deed === 'took_back';
  const told = step.deed === 'brought_along' || step.deed === 'kept' ? [] : step.fields;
  const shown = told.filter(({ field }) => !KEPT_BESIDE.has(field));
  return (
    <>
      <p className="kt-quiet">{when}</p>
      <p>
        <strong dir="auto">{who}</strong> {role ? <span className="kt-quiet">({role}) </span> : null}
        {t(DEEDS[step.deed])}
      </p>
      {shown.length > 0 ? (
        <dl className="kt-history-fields">
          {shown.map((field) => (
            <div key={field.field}>
              <dt className={bare ? 'kt-hidden' : undefined}>{labelOf(field.field, questions, words)}</dt>
              <dd dir="auto">
                <Difference field={field} desk={desk} kind={kind} words={words} />
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      <a className="kt-link" href={hrefOf({ page: 'past', dossier: desk.dossier, at: step.step })} aria-label={t('history.then_label', { when })}>
        {t('history.then')}
      </a>
    </>
  );
}

function Difference({ field, desk, kind, words }: { field: FieldStep; desk: Desk; kind: string; words: Words }) {
  const { t } = words;
  const value = (value: unknown) => inWords(field.field, value, desk, kind, words);
  if (field.before === null) return value(field.after);
  return (
    <>
      <span className="kt-hidden">{t('history.first')} </span>
      <del>{value(field.before)}</del>
      <Icon name="chevron" />
      <span className="kt-hidden">{t('history.then_it_was')} </span>
      <ins>{field.after === null ? t('history.nothing') : value(field.after)}</ins>
    </>
  );
}

/** What is kept beside an answer and is told by the step itself: when, by whom, and what it belongs to. */
const KEPT_BESIDE = new Set(['created', 'created_by', 'own_words', 'updated', 'made_on', 'goal_id', 'org_id', 'author', 'author_org', 'instrument', 'rater', 'rater_id', 'subject']);

function labelOf(field: string, questions: readonly Question[], { t, language }: Words): string {
  const asked = questions.find((question) => question.name === field);
  // A field that a family brought along may have a name that is no word of ours.
  return asked ? t(asked.label) : capital(lookUp(language, `term.field.${field}`) ?? t('history.other'));
}

/** Who or what comes first; a name of ours and a bare number say nothing to anybody. */
const FIRST = ['person_id', 'who', 'label', 'text'];

function partsOf(value: object): unknown[] {
  const parts = Object.entries(value).filter(([key, part]) => key !== 'id' && typeof part !== 'number' && part !== null);
  const place = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return parts.sort(([one], [other]) => place(one) - place(other)).map(([, part]) => part);
}

/** A value as people would say it. */
export function inWords(field: string, value: unknown, desk: Desk, kind: string, words: Words): string {
  const { t, term, dates, language } = words;
  if (value === null || value === undefined || value === '') return t('history.nothing');
  if (typeof value === 'boolean') return value ? t('people.yes') : t('people.no');
  if (Array.isArray(value)) {
    const said = value.map((one) => inWords(field, one, desk, kind, words));
    if (said.length === 0) return t('history.nothing');
    // What has parts of its own would run into its neighbours.
    return value.some((one) => typeof one === 'object') ? said.join('; ') : listed(said, language);
  }
  if (typeof value === 'object') return [...new Set(partsOf(value).map((one) => inWords(field, one, desk, kind, words)))].join(', ');
  if (typeof value === 'number') return /amount|per_month|total/.test(field) ? dates.money(value) : String(value);
  if (typeof value !== 'string') return t('history.nothing');
  if (field === 'verdict') return value === 'klopt' ? t('notes.right') : value === 'klopt_niet' ? t('notes.wrong') : t('notes.say');
  if (field === 'status') return term(kind === 'goals' ? 'goal_status' : kind === 'documents' ? 'letter' : 'action_status', value);
  if (field === 'location_kind') return term('place', value);
  if (field === 'domain') return term('domain', value);
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return t('date.at', { day: dates.date(dates.dayOf(value)), time: dates.time(value) });
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return dates.date(value);
  const named = nameOf(desk, value);
  if (named !== null) return desk.people.some((person) => person.id === value) ? firstName(named) : named;
  return value.length > MOST ? `${value.slice(0, MOST)}…` : value;
}
