import type { ReactNode } from 'react';
import { Badge } from '../../components/Badge';
import { Icon } from '../../components/Icon';
import { Title } from '../../components/Title';
import type { ItemView } from '../../generated/ItemView';
import type { Key } from '../../i18n/catalogue';
import { daysBetween, daysLater } from '../../i18n/dates';
import { useWords, type Words } from '../../i18n/I18n';
import { Calls } from '../crisis/Calls';
import type { Desk } from '../edit/items';
import { at, flag, number, type Question, text, texts } from '../edit/spec';
import { Attachments } from '../attachments/Attachments';
import { capital } from '../people/names';
import { dayWords, Facts, nameOf, namesOf, title, Written } from './facts';

/** How one kind of item is shown, and what its form asks. */
export interface KindOnPage {
  heading: Key;
  /** What the button for a new one says; none for a kind that is not written here. */
  add?: Key;
  /** What is said after it was added. */
  added?: Key;
  questions: readonly Question[];
  /** Fields of a new item that nobody is asked for. */
  fixed?: (desk: Desk) => Record<string, unknown>;
  /** Fields that say of every change when it was made. */
  stamp?: (desk: Desk) => Record<string, unknown>;
  /** The words by which a person tells one from another. */
  name: (item: ItemView) => string;
  Card: (props: { item: ItemView; desk: Desk }) => ReactNode;
  /** Folded away, under this heading. */
  past?: { heading: Key; is: (item: ItemView) => boolean };
  /** At most one: no button for a second. */
  single?: boolean;
  order?: (a: ItemView, b: ItemView) => number;
}

const byText = (path: string, missing: string) => (a: ItemView, b: ItemView) => (text(a, path) ?? missing).localeCompare(text(b, path) ?? missing);
const newest = (path: string) => (a: ItemView, b: ItemView) => (text(b, path) ?? '').localeCompare(text(a, path) ?? '');

const story: KindOnPage = {
  heading: 'sections.story',
  add: 'sections.story_add',
  added: 'sections.story_added',
  questions: [
    { name: 'title', as: 'text', label: 'sections.story_title', hint: 'sections.story_title_hint' },
    { name: 'text', as: 'long', label: 'sections.story_text', hint: 'sections.story_text_hint', required: true },
  ],
  fixed: (desk) => ({ author: desk.me, date: desk.today }),
  name: (item) => title(item, 'title', 'text').slice(0, 60),
  Card: ({ item, desk }) => {
    const words = useWords();
    const only = texts(item, 'visibility').filter((id) => id !== desk.me);
    return (
      <>
        {text(item, 'title') ? (
          <Title level={3} userText>
            {text(item, 'title')}
          </Title>
        ) : null}
        <Written>{text(item, 'text') ?? ''}</Written>
        {only.length > 0 ? (
          <p className="kt-fact">
            <Icon name="eye" />
            {words.t('sections.only_for', { names: namesOf(desk, only, words) })}
          </p>
        ) : null}
      </>
    );
  },
};

const questionsAsked: KindOnPage = {
  heading: 'sections.asked',
  questions: [],
  name: (item) => title(item, 'text'),
  Card: ({ item, desk }) => {
    const { t } = useWords();
    const who = nameOf(desk, text(item, 'asked_by'));
    return (
      <>
        <p className="kt-strong" dir="auto">
          {text(item, 'text')}
        </p>
        {who ? <p className="kt-quiet">{t('sections.asked_by', { name: who })}</p> : null}
      </>
    );
  },
};

const timeline: KindOnPage = {
  heading: 'sections.timeline',
  add: 'sections.timeline_add',
  added: 'sections.added',
  questions: [
    { name: 'date', as: 'text', label: 'sections.when', hint: 'sections.when_hint', required: true },
    { name: 'text', as: 'long', label: 'sections.what_happened', required: true },
  ],
  name: (item) => title(item, 'text').slice(0, 60),
  order: byText('date', ''),
  Card: ({ item, desk }) => {
    const words = useWords();
    return (
      <>
        <p className="kt-quiet">{dayWords(text(item, 'date'), desk, words)}</p>
        <Written>{text(item, 'text') ?? ''}</Written>
      </>
    );
  },
};

/** Something said by somebody, word for word. */
function Quote({ item, desk }: { item: ItemView; desk: Desk }) {
  const { t } = useWords();
  const speaker = text(item, 'speaker');
  return (
    <figure className="kt-quote">
      <blockquote dir="auto">{text(item, 'quote')}</blockquote>
      {speaker ? <figcaption>{speaker === desk.me ? capital(t('sections.said_you')) : (nameOf(desk, speaker) ?? t('common.unknown_person'))}</figcaption> : null}
      {text(item, 'effect') ? <p dir="auto">{text(item, 'effect')}</p> : null}
    </figure>
  );
}

const strengths: KindOnPage = {
  heading: 'sections.strengths',
  add: 'sections.strengths_add',
  added: 'sections.added',
  questions: [
    { name: 'quote', as: 'long', label: 'sections.strengths_quote', required: true },
    { name: 'speaker', as: 'person', label: 'sections.speaker' },
  ],
  fixed: (desk) => ({ date: desk.today }),
  name: (item) => title(item, 'quote').slice(0, 60),
  Card: Quote,
};

const concerns: KindOnPage = {
  heading: 'sections.concerns',
  add: 'sections.concerns_add',
  added: 'sections.added',
  questions: [
    { name: 'quote', as: 'long', label: 'sections.concerns_quote', required: true },
    { name: 'effect', as: 'long', label: 'sections.concerns_effect' },
    { name: 'speaker', as: 'person', label: 'sections.speaker' },
  ],
  fixed: (desk) => ({ date: desk.today }),
  name: (item) => title(item, 'quote').slice(0, 60),
  Card: Quote,
};

const decisions: KindOnPage = {
  heading: 'sections.decisions',
  add: 'sections.decisions_add',
  added: 'sections.added',
  questions: [
    { name: 'text', as: 'long', label: 'sections.decisions_text', required: true },
    { name: 'by', as: 'people', label: 'sections.decisions_by' },
  ],
  fixed: (desk) => ({ date: desk.today }),
  name: (item) => title(item, 'text').slice(0, 60),
  order: newest('date'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const by = texts(item, 'by');
    return (
      <>
        <Written>{text(item, 'text') ?? ''}</Written>
        <p className="kt-quiet">{[dayWords(text(item, 'date'), desk, words), by.length > 0 ? words.t('today.with', { names: namesOf(desk, by, words) }) : null].filter(Boolean).join(' · ')}</p>
      </>
    );
  },
};

const earlierHelp: KindOnPage = {
  heading: 'sections.earlier',
  add: 'sections.earlier_add',
  added: 'sections.added',
  questions: [
    { name: 'org', as: 'text', label: 'sections.earlier_org', required: true },
    { name: 'period', as: 'text', label: 'sections.when', hint: 'sections.when_hint' },
    { name: 'result', as: 'long', label: 'sections.earlier_result' },
  ],
  name: (item) => title(item, 'org'),
  Card: ({ item }) => (
    <>
      <p className="kt-strong" dir="auto">
        {text(item, 'org')} {text(item, 'period') ? <span className="kt-quiet">({text(item, 'period')})</span> : null}
      </p>
      {text(item, 'result') ? <Written>{text(item, 'result') ?? ''}</Written> : null}
    </>
  ),
};

const facts: KindOnPage = {
  heading: 'sections.facts',
  add: 'sections.facts_add',
  added: 'sections.added',
  questions: [
    { name: 'label', as: 'text', label: 'sections.facts_label', hint: 'sections.facts_hint', required: true },
    { name: 'value', as: 'text', label: 'sections.facts_value', required: true },
  ],
  fixed: (desk) => ({ source_person: desk.me, date: desk.today }),
  name: (item) => title(item, 'label'),
  Card: ({ item }) => <Facts rows={[[text(item, 'label') ?? '', text(item, 'value')]]} />,
};

const measures: KindOnPage = {
  heading: 'sections.court',
  questions: [],
  name: (item) => title(item, 'kind'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t } = words;
    return (
      <>
        <Title level={3} userText>
          {capital(text(item, 'kind') ?? '')}
        </Title>
        <Written>{text(item, 'what_it_means') ?? ''}</Written>
        <Facts
          rows={[
            [t('sections.court_children'), capital(namesOf(desk, texts(item, 'children'), words))],
            [t('sections.court_from'), dayWords(text(item, 'from'), desk, words)],
            [t('sections.court_until'), dayWords(text(item, 'until'), desk, words)],
            [t('sections.court_by'), nameOf(desk, text(item, 'carried_out_by'))],
          ]}
        />
        {flag(item, 'owner_can_switch_off') ? null : <p>{t('sections.court_standing')}</p>}
      </>
    );
  },
};

const LEVELS = ['1', '2', '3', '4', '5'] as const;

const assessments: KindOnPage = {
  heading: 'sections.scores',
  questions: [],
  name: (item) => title(item, 'date'),
  order: newest('date'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t, term } = words;
    const scores = Object.entries((at(item.fields, 'scores') ?? {}) as Record<string, { level?: number | null; note?: string; quote?: string } | null>);
    const own = text(item, 'rater') !== 'professional';
    return (
      <>
        <Title level={3}>{t(own ? 'sections.scores_own' : text(item, 'subject')?.startsWith('h-') ? 'sections.scores_household' : 'sections.scores_helper', { name: nameOf(desk, text(item, 'subject')) ?? t('common.unknown_person'), day: dayWords(text(item, 'date'), desk, words) ?? '' })}</Title>
        <ul className="kt-scores">
          {scores.map(([domain, held]) => {
            const score = held ?? {};
            const level = LEVELS.find((one) => one === String(score.level));
            return (
              <li key={domain}>
                <span>{capital(term('domain', domain))}</span>
                <span className="kt-score-bar" data-level={level ?? 'none'} aria-hidden="true">
                  {LEVELS.map((one) => (
                    <i key={one} data-full={level !== undefined && one <= level} />
                  ))}
                </span>
                <span className="kt-quiet">{level ? term('zrm', level) : t('sections.scores_none')}</span>
                {score.quote || score.note ? (
                  <span className="kt-score-note" dir="auto">
                    {score.quote ?? score.note}
                  </span>
                ) : null}
              </li>
            );
          })}
        </ul>
      </>
    );
  },
};

const plan: KindOnPage = {
  heading: 'sections.plan_about',
  add: 'sections.plan_add',
  added: 'sections.added',
  single: true,
  questions: [
    { name: 'title', as: 'text', label: 'sections.plan_title' },
    { name: 'wish', as: 'long', label: 'plan.wish' },
    { name: 'reason.quote', as: 'long', label: 'sections.plan_reason' },
    { name: 'coordinator_person_id', as: 'person', label: 'sections.plan_coordinator' },
    { name: 'deputy_person_id', as: 'person', label: 'sections.plan_deputy' },
    { name: 'evaluation_date', as: 'day', label: 'sections.plan_evaluation' },
    { name: 'agreed_by', as: 'people', label: 'sections.plan_agreed' },
  ],
  name: (item) => title(item, 'title'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t } = words;
    return (
      <Facts
        rows={[
          [t('sections.plan_reason'), text(item, 'reason.quote')],
          [t('sections.plan_coordinator'), nameOf(desk, text(item, 'coordinator_person_id'))],
          [t('sections.plan_deputy'), nameOf(desk, text(item, 'deputy_person_id'))],
          [t('sections.plan_evaluation'), dayWords(text(item, 'evaluation_date'), desk, words)],
          [t('sections.plan_agreed'), texts(item, 'agreed_by').length > 0 ? capital(namesOf(desk, texts(item, 'agreed_by'), words)) : null],
        ]}
      />
    );
  },
};

const conditions: KindOnPage = {
  heading: 'sections.conditions',
  add: 'sections.conditions_add',
  added: 'sections.added',
  questions: [
    { name: 'text', as: 'text', label: 'sections.conditions_text', required: true },
    { name: 'person', as: 'person', label: 'sections.about_whom' },
    { name: 'since', as: 'text', label: 'sections.since', hint: 'sections.when_hint' },
  ],
  fixed: () => ({}),
  name: (item) => title(item, 'text'),
  Card: ({ item, desk }) => {
    const { t, dates } = useWords();
    return (
      <>
        <p className="kt-strong" dir="auto">
          {text(item, 'text')}
        </p>
        <p className="kt-quiet">{[nameOf(desk, text(item, 'person')), text(item, 'since') ? t('sections.since_day', { day: dates.known(text(item, 'since') ?? '') }) : null].filter(Boolean).join(' · ')}</p>
      </>
    );
  },
};

const allergies: KindOnPage = {
  heading: 'sections.allergies',
  add: 'sections.allergies_add',
  added: 'sections.added',
  questions: [
    { name: 'substance', as: 'text', label: 'sections.allergies_what', required: true },
    { name: 'reaction', as: 'text', label: 'sections.allergies_reaction' },
    { name: 'person', as: 'person', label: 'sections.about_whom' },
    { name: 'date', as: 'text', label: 'sections.since', hint: 'sections.when_hint' },
  ],
  name: (item) => title(item, 'substance'),
  Card: ({ item, desk }) => {
    const { t } = useWords();
    return (
      <>
        <p className="kt-strong" dir="auto">
          <Icon name="alert" /> {text(item, 'substance')}
        </p>
        <Facts rows={[[t('sections.allergies_reaction'), text(item, 'reaction')]]} />
        <p className="kt-quiet">{nameOf(desk, text(item, 'person'))}</p>
      </>
    );
  },
};

const medications: KindOnPage = {
  heading: 'sections.medications',
  add: 'sections.medications_add',
  added: 'sections.added',
  questions: [
    { name: 'name', as: 'text', label: 'sections.medications_name', hint: 'sections.medications_hint', required: true },
    { name: 'dose', as: 'text', label: 'sections.medications_dose' },
    { name: 'person', as: 'person', label: 'sections.about_whom' },
    { name: 'start', as: 'day', label: 'sections.medications_start' },
    { name: 'stop', as: 'day', label: 'sections.medications_stop' },
  ],
  name: (item) => title(item, 'name'),
  past: { heading: 'sections.medications_past', is: (item) => text(item, 'stop') !== null },
  Card: ({ item, desk }) => {
    const words = useWords();
    return (
      <>
        <p className="kt-strong" dir="auto">
          {text(item, 'name')}
        </p>
        <p dir="auto">{text(item, 'dose')}</p>
        <p className="kt-quiet">
          {[
            nameOf(desk, text(item, 'person')),
            text(item, 'start') ? words.t('sections.since_day', { day: dayWords(text(item, 'start'), desk, words) ?? '' }) : null,
            text(item, 'stop') ? words.t('sections.until_day', { day: dayWords(text(item, 'stop'), desk, words) ?? '' }) : null,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </>
    );
  },
};

const measurements: KindOnPage = {
  heading: 'sections.measurements',
  add: 'sections.measurements_add',
  added: 'sections.added',
  questions: [
    { name: 'text', as: 'text', label: 'sections.measurements_what', required: true },
    { name: 'value', as: 'text', label: 'sections.facts_value', required: true },
    { name: 'date', as: 'day', label: 'sections.when' },
  ],
  name: (item) => title(item, 'text'),
  order: newest('date'),
  Card: ({ item, desk }) => {
    const words = useWords();
    return <Facts rows={[[text(item, 'text') ?? '', [text(item, 'value'), dayWords(text(item, 'date'), desk, words)].filter(Boolean).join(' · ')]]} />;
  },
};

const debts: KindOnPage = {
  heading: 'sections.debts',
  add: 'sections.debts_add',
  added: 'sections.added',
  questions: [
    { name: 'creditor', as: 'text', label: 'sections.debts_creditor', required: true },
    { name: 'amount', as: 'amount', label: 'sections.debts_amount', hint: 'sections.amount_hint' },
    { name: 'per_month', as: 'amount', label: 'sections.debts_month' },
    { name: 'status', as: 'text', label: 'sections.debts_status', hint: 'sections.debts_status_hint' },
    { name: 'threat', as: 'text', label: 'sections.debts_threat', hint: 'sections.debts_threat_hint' },
    { name: 'threat_active', as: 'tick', label: 'sections.debts_active' },
  ],
  name: (item) => title(item, 'creditor'),
  order: (a, b) => Number(flag(b, 'threat_active')) - Number(flag(a, 'threat_active')),
  Card: ({ item }) => {
    const { t, dates } = useWords();
    const [amount, month] = [number(item, 'amount'), number(item, 'per_month')];
    return (
      <>
        <div className="kt-amount">
          <p className="kt-strong" dir="auto">
            {text(item, 'creditor')}
          </p>
          {amount === null ? null : <p className="kt-sum">{dates.money(amount)}</p>}
        </div>
        {flag(item, 'threat_active') && text(item, 'threat') ? (
          <Badge icon="alert" tone="warm">
            {t('sections.debts_risk', { what: text(item, 'threat') ?? '' })}
          </Badge>
        ) : null}
        <Facts
          rows={[
            [t('sections.debts_status'), text(item, 'status')],
            [t('sections.debts_month'), month === null ? null : dates.money(month)],
            [t('sections.debts_threat'), flag(item, 'threat_active') ? null : text(item, 'threat')],
          ]}
        />
      </>
    );
  },
};

const income: KindOnPage = {
  heading: 'sections.income',
  add: 'sections.income_add',
  added: 'sections.added',
  questions: [
    { name: 'text', as: 'text', label: 'sections.income_text', hint: 'sections.income_hint', required: true },
    { name: 'per_month', as: 'amount', label: 'sections.income_month', hint: 'sections.amount_hint' },
  ],
  name: (item) => title(item, 'text'),
  Card: ({ item }) => {
    const { t, dates } = useWords();
    const month = number(item, 'per_month');
    return (
      <div className="kt-amount">
        <p className="kt-strong" dir="auto">
          {text(item, 'text')}
        </p>
        {month === null ? null : <p className="kt-sum">{t('sections.a_month', { amount: dates.money(month) })}</p>}
      </div>
    );
  },
};

const LETTER_DONE = new Set(['gelezen', 'afgehandeld', 'klaar', 'beantwoord']);
const isDone = (item: ItemView) => LETTER_DONE.has(text(item, 'status') ?? '');

/** A badge with the day by which something must be done, in the colour of how near it is. */
function Deadline({ day, desk, over }: { day: string; desk: Desk; over: boolean }) {
  const { t, dates } = useWords();
  const away = daysBetween(desk.today, day) ?? 0;
  const late = away < 0 && !over;
  return (
    <Badge icon={late ? 'alert' : 'clock'} tone={over ? 'plain' : away <= 7 ? 'warm' : 'accent'}>
      {t(late ? 'sections.deadline_late' : 'sections.deadline', { day: dates.near(day, desk.today) })}
    </Badge>
  );
}

const letters: KindOnPage = {
  heading: 'sections.letters',
  add: 'sections.letters_add',
  added: 'sections.letters_added',
  questions: [
    { name: 'title', as: 'text', label: 'sections.letters_title', hint: 'sections.letters_hint', required: true },
    { name: 'from', as: 'text', label: 'sections.letters_from' },
    { name: 'received', as: 'day', label: 'sections.letters_received' },
    { name: 'reaction_deadline', as: 'day', label: 'sections.letters_deadline' },
    { name: 'summary_b1', as: 'long', label: 'sections.letters_summary', hint: 'sections.letters_summary_hint' },
    { name: 'helper', as: 'person', label: 'sections.letters_helper' },
    {
      name: 'status',
      as: 'choice',
      label: 'sections.letters_status',
      options: [
        { value: 'open', label: 'term.letter.open' },
        { value: 'gelezen', label: 'term.letter.gelezen' },
        { value: 'afgehandeld', label: 'term.letter.afgehandeld' },
      ],
    },
  ],
  name: (item) => title(item, 'title'),
  order: byText('reaction_deadline', '9'),
  past: { heading: 'sections.letters_past', is: (item) => isDone(item) && text(item, 'status') !== 'gelezen' },
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t, term } = words;
    const deadline = text(item, 'reaction_deadline');
    const status = text(item, 'status');
    return (
      <>
        <Title level={3} userText>
          {text(item, 'title')}
        </Title>
        <div className="kt-badges">
          {deadline ? <Deadline day={deadline} desk={desk} over={status === 'afgehandeld' || status === 'klaar'} /> : null}
          {status ? <Badge icon={isDone(item) ? 'check' : 'mail'}>{term('letter', status)}</Badge> : null}
        </div>
        {text(item, 'summary_b1') ? <Written>{text(item, 'summary_b1') ?? ''}</Written> : null}
        <Facts
          rows={[
            [t('sections.letters_from'), text(item, 'from')],
            [t('sections.letters_received'), dayWords(text(item, 'received'), desk, words)],
            [t('sections.letters_helper'), nameOf(desk, text(item, 'helper'))],
          ]}
        />
        <Attachments item={item} desk={desk} />
      </>
    );
  },
};

const requests: KindOnPage = {
  heading: 'sections.requests',
  add: 'sections.requests_add',
  added: 'sections.added',
  questions: [
    { name: 'text', as: 'text', label: 'sections.requests_text', required: true },
    { name: 'to_org', as: 'organisation', label: 'sections.requests_to' },
    { name: 'sent', as: 'day', label: 'sections.requests_sent' },
    { name: 'legal_term_days', as: 'number', label: 'sections.requests_term', hint: 'sections.requests_term_hint' },
    { name: 'answered', as: 'day', label: 'sections.requests_answered' },
  ],
  name: (item) => title(item, 'text'),
  past: { heading: 'sections.requests_past', is: (item) => text(item, 'answered') !== null },
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t } = words;
    const [sent, term] = [text(item, 'sent'), number(item, 'legal_term_days')];
    const answered = text(item, 'answered');
    return (
      <>
        <Title level={3} userText>
          {text(item, 'text')}
        </Title>
        {sent && term !== null && !answered ? <Deadline day={daysLater(sent, term)} desk={desk} over={false} /> : null}
        <Facts
          rows={[
            [t('sections.requests_to'), nameOf(desk, text(item, 'to_org'))],
            [t('sections.requests_sent'), dayWords(sent, desk, words)],
            [t('sections.requests_answered'), dayWords(answered, desk, words)],
          ]}
        />
      </>
    );
  },
};

/** A short list under its own heading; nothing when it is empty. */
function Lines({ heading, lines, icon }: { heading: string; lines: readonly string[]; icon: 'alert' | 'check' | 'close' }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <Title level={3}>{heading}</Title>
      <ul className="kt-lines">
        {lines.map((line, index) => (
          <li key={`${index} ${line}`}>
            <Icon name={icon} />
            <span dir="auto">{line}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const crisisPlan: KindOnPage = {
  heading: 'sections.crisis_card',
  add: 'sections.crisis_add',
  added: 'sections.added',
  single: true,
  questions: [
    { name: 'call_order', as: 'calls', label: 'sections.crisis_call' },
    { name: 'early_signs', as: 'lines', label: 'sections.crisis_signs' },
    { name: 'what_helps', as: 'lines', label: 'sections.crisis_helps' },
    { name: 'what_not', as: 'lines', label: 'sections.crisis_not' },
    { name: 'children', as: 'long', label: 'sections.crisis_children' },
    { name: 'medical', as: 'long', label: 'sections.crisis_medical' },
  ],
  fixed: (desk) => ({ updated: desk.today }),
  stamp: (desk) => ({ updated: desk.today }),
  name: () => '',
  Card: ({ item, desk }) => {
    const { t } = useWords();
    return (
      <div className="kt-crisis">
        <Calls calls={desk.calls} />
        <Lines heading={t('sections.crisis_signs')} lines={texts(item, 'early_signs')} icon="alert" />
        <Lines heading={t('sections.crisis_helps')} lines={texts(item, 'what_helps')} icon="check" />
        <Lines heading={t('sections.crisis_not')} lines={texts(item, 'what_not')} icon="close" />
        <Facts
          rows={[
            [t('sections.crisis_children'), text(item, 'children')],
            [t('sections.crisis_medical'), text(item, 'medical')],
          ]}
        />
      </div>
    );
  },
};

/** Who looks whether an agreement works, how often, and when last. */
function checksSaid(name: string, agreement: { fields: Record<string, unknown> }, desk: Desk, words: Words): string {
  const { t } = words;
  const days = number(agreement, 'check_every_days');
  const day = dayWords(text(agreement, 'last_checked'), desk, words);
  const looks = days === null ? t('sections.agreements_looks', { name }) : days === 1 ? t('sections.agreements_daily', { name }) : t('sections.agreements_check', { name, days });
  return day === null ? looks : `${looks} ${t('sections.agreements_last', { day })}`;
}

const safetyPlan: KindOnPage = {
  heading: 'sections.agreements',
  add: 'sections.agreements_add',
  added: 'sections.added',
  single: true,
  questions: [
    { name: 'goal', as: 'long', label: 'sections.agreements_goal', required: true },
    { name: 'agreements', as: 'agreements', label: 'sections.agreements_what' },
    { name: 'if_it_fails', as: 'long', label: 'sections.agreements_fails' },
    { name: 'child_words.text', as: 'long', label: 'sections.agreements_child' },
  ],
  fixed: (desk) => ({ made_on: desk.today }),
  name: () => '',
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t } = words;
    const agreements = at(item.fields, 'agreements');
    return (
      <>
        <p className="kt-strong" dir="auto">
          {text(item, 'goal')}
        </p>
        {Array.isArray(agreements) ? (
          <ul className="kt-lines">
            {agreements.map((one: Record<string, unknown>, index) => {
              const held = { fields: one };
              const checks = nameOf(desk, text(held, 'check_by'));
              return (
                <li key={index}>
                  <Icon name="check" />
                  <span>
                    <span dir="auto">{text(held, 'text')}</span>
                    {checks ? <span className="kt-quiet kt-block">{checksSaid(checks, held, desk, words)}</span> : null}
                  </span>
                </li>
              );
            })}
          </ul>
        ) : null}
        <Facts
          rows={[
            [t('sections.agreements_fails'), text(item, 'if_it_fails')],
            [t('sections.agreements_child'), text(item, 'child_words.text')],
          ]}
        />
      </>
    );
  },
};

const emergency: KindOnPage = {
  heading: 'sections.emergency',
  questions: [],
  name: (item) => title(item, 'value'),
  Card: ({ item, desk }) => {
    const { t } = useWords();
    const name = nameOf(desk, text(item, 'value'));
    const phone = desk.calls.find((call) => call.name === name)?.phone ?? null;
    return (
      <p>
        <strong dir="auto">{name ?? t('common.unknown_person')}</strong> {phone ? <bdi dir="ltr">{phone}</bdi> : null}
      </p>
    );
  },
};

const household: KindOnPage = {
  heading: 'sections.household',
  add: 'sections.household_add',
  added: 'sections.added',
  single: true,
  questions: [
    { name: 'name', as: 'text', label: 'sections.household_name' },
    { name: 'address.street', as: 'text', label: 'sections.household_street' },
    { name: 'address.city', as: 'text', label: 'sections.household_city' },
    { name: 'housing', as: 'text', label: 'sections.household_housing' },
    { name: 'members', as: 'people', label: 'sections.household_members' },
  ],
  name: (item) => title(item, 'name'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const { t } = words;
    return (
      <>
        <Title level={3} userText>
          {text(item, 'name')}
        </Title>
        <Facts
          rows={[
            [t('sections.household_members'), capital(namesOf(desk, texts(item, 'members'), words))],
            [t('sections.household_street'), [text(item, 'address.street'), text(item, 'address.city')].filter(Boolean).join(', ')],
            [t('sections.household_housing'), text(item, 'housing')],
            [t('sections.household_pets'), texts(item, 'pets').join(', ')],
          ]}
        />
      </>
    );
  },
};

const organisations: KindOnPage = {
  heading: 'sections.organisations',
  add: 'sections.organisations_add',
  added: 'sections.added',
  questions: [
    { name: 'name', as: 'text', label: 'sections.name', required: true },
    { name: 'phone', as: 'text', label: 'sections.phone' },
    { name: 'hours', as: 'text', label: 'sections.hours' },
    { name: 'note', as: 'text', label: 'sections.remark' },
  ],
  name: (item) => title(item, 'name'),
  order: byText('name', ''),
  Card: ({ item }) => {
    const { t } = useWords();
    return (
      <>
        <p className="kt-strong" dir="auto">
          {text(item, 'name')}
        </p>
        <Facts
          rows={[
            [t('sections.phone'), text(item, 'phone') ? <bdi dir="ltr">{text(item, 'phone')}</bdi> : null],
            [t('sections.hours'), text(item, 'hours')],
          ]}
        />
      </>
    );
  },
};

const flags: KindOnPage = {
  heading: 'sections.flags',
  questions: [],
  name: (item) => title(item, 'label'),
  Card: ({ item, desk }) => {
    const words = useWords();
    const visible = texts(item, 'visible_to');
    return (
      <>
        <p className="kt-strong" dir="auto">
          <Icon name="flag" /> {text(item, 'label')}
        </p>
        <p className="kt-quiet">{[nameOf(desk, text(item, 'source_org_id')), text(item, 'since') ? words.t('sections.since_day', { day: dayWords(text(item, 'since'), desk, words) ?? '' }) : null].filter(Boolean).join(' · ')}</p>
        {visible.length > 0 ? <p className="kt-quiet">{words.t('sections.only_for', { names: namesOf(desk, visible, words) })}</p> : null}
      </>
    );
  },
};

/** Every kind that a section page shows, in the order in which it shows them. */
export const KINDS: Readonly<Record<string, KindOnPage>> = {
  crisis_plan: crisisPlan,
  safety_plan: safetyPlan,
  emergency_contacts: emergency,
  'money.debts': debts,
  'money.income': income,
  'health.allergies': allergies,
  'health.medications': medications,
  'health.conditions': conditions,
  'health.measurements': measurements,
  documents: letters,
  requests,
  story,
  timeline_before_dossier: timeline,
  questions_asked: questionsAsked,
  plan,
  strengths,
  concerns,
  decisions,
  court_measures: measures,
  assessments,
  facts,
  earlier_help: earlierHelp,
  household,
  organisations,
  flags,
};

/** Kinds that can be written in a section though it holds none yet. */
export const OFFERED: Readonly<Record<string, readonly string[]>> = {
  verhaal: ['story', 'timeline_before_dossier'],
  gezondheid: ['health.allergies', 'health.medications', 'health.conditions', 'health.measurements'],
  geld: ['money.debts', 'money.income'],
  documenten: ['documents', 'requests'],
  crisis: ['crisis_plan', 'safety_plan'],
};

/** … in any other section, also one that the resident made. */
export const OFFERED_ELSEWHERE: readonly string[] = ['story', 'facts'];
