import { useState } from 'react';
import { Badge } from '../../components/Badge';
import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { LongList } from '../../components/LongList';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { ItemView } from '../../generated/ItemView';
import type { SectionView } from '../../generated/SectionView';
import { daysLater, localDay, weekday } from '../../i18n/dates';
import { useWords, type Words } from '../../i18n/I18n';
import { AddItem, type Desk, Editable } from '../edit/items';
import { type Question, text, texts } from '../edit/spec';
import { capital } from '../people/names';
import { SeenBy } from '../people/SeenBy';
import { Facts, nameOf, namesOf } from '../sections/facts';
import { deskOf, mayAdd, useSection } from '../sections/useDesk';
import { Live } from '../shell/Live';
import { useSteps } from '../shell/Steps';

const PLACES = ['thuis', 'kantoor', 'praktijk', 'school', 'online', 'telefoon', 'elders'] as const;

const QUESTIONS: readonly Question[] = [
  { name: 'title', as: 'text', label: 'agenda.what', hint: 'agenda.what_hint', required: true },
  { name: 'when', as: 'moment', label: 'agenda.when', required: true },
  { name: 'location_kind', as: 'pick', label: 'agenda.place_kind', options: PLACES.map((place) => ({ value: place, label: `term.place.${place}` })) },
  { name: 'location', as: 'text', label: 'agenda.place' },
  { name: 'attendees', as: 'people', label: 'agenda.who' },
  { name: 'purpose', as: 'text', label: 'agenda.purpose' },
];

export const CANCELLED = 'afgezegd';
const isCancelled = (item: ItemView) => ['afgezegd', 'geannuleerd'].includes(text(item, 'status') ?? '');

/** Appointments by week or as a list; home visits stand out. */
export function AgendaPage({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const answer = useSection(dossier, 'agenda');
  if (answer.data === null) {
    return (
      <>
        <PageTitle>{t('agenda.title')}</PageTitle>
        <Live answer={answer}>{() => null}</Live>
      </>
    );
  }
  return <Live answer={answer}>{(view) => <Agenda dossier={dossier} view={view} onChanged={answer.refresh} />}</Live>;
}

function Agenda({ dossier, view, onChanged }: { dossier: DossierCard; view: SectionView; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const [how, setHow] = useState<'list' | 'week'>('list');
  const desk = deskOf(dossier, view, onChanged);
  const appointments = view.items
    .filter((item) => (item.kind === 'appointments' || item.kind === 'busy') && text(item, 'start') !== null)
    .sort((a, b) => Date.parse(text(a, 'start') ?? '') - Date.parse(text(b, 'start') ?? ''));
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('agenda.title')}</PageTitle>
        <SeenBy people={view.seen_by} own={dossier.own} dossier={dossier.id} />
      </div>
      {mayAdd(view) ? (
        <div className="kt-add-goal">
          <AddItem desk={desk} kind="appointments" questions={QUESTIONS} fixed={{ status: 'bevestigd', created_by: desk.me }} button={t('agenda.add')} save={t('agenda.save')} said={t('agenda.added')} main level={2} />
        </div>
      ) : null}
      <Choice
        legend={t('agenda.how')}
        value={how}
        options={[
          { value: 'list', label: t('agenda.list') },
          { value: 'week', label: t('agenda.week') },
        ]}
        onChange={setHow}
      />
      {how === 'week' ? <Week appointments={appointments} desk={desk} /> : <Days appointments={appointments} desk={desk} />}
    </>
  );
}

const lastDay = (item: ItemView) => localDay(text(item, 'end') ?? text(item, 'start') ?? '');

function Days({ appointments, desk }: { appointments: readonly ItemView[]; desk: Desk }) {
  const { t } = useWords();
  const coming = appointments.filter((item) => lastDay(item) >= desk.today);
  const past = appointments.filter((item) => lastDay(item) < desk.today).reverse();
  return (
    <>
      {coming.length === 0 ? <p className="kt-card kt-quiet">{t('agenda.empty')}</p> : null}
      <DayCards appointments={coming} desk={desk} />
      {past.length > 0 ? (
        <Fold summary={t('agenda.past', { count: past.length })}>
          <DayCards appointments={past} desk={desk} />
        </Fold>
      ) : null}
    </>
  );
}

function DayCards({ appointments, desk }: { appointments: readonly ItemView[]; desk: Desk }) {
  const { dates } = useWords();
  const days = new Map<string, ItemView[]>();
  for (const item of appointments) {
    const day = localDay(text(item, 'start') ?? '');
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return (
    <LongList items={[...days]} keyOf={([day]) => day} estimate={220} className="kt-list">
      {([day, items]) => {
        const [near, full] = [dates.near(day, desk.today), dates.day(day, desk.today)];
        return (
          <div className="kt-card kt-day">
            <div className="kt-day-name">
              <Title level={2}>{capital(near)}</Title>
              {near === full ? null : <p className="kt-quiet">{full}</p>}
            </div>
            <ul className="kt-appointments">
              {items.map((item) => (
                <li key={item.id}>
                  <Appointment item={item} desk={desk} />
                </li>
              ))}
            </ul>
          </div>
        );
      }}
    </LongList>
  );
}

/** `10.00 – 11.00 uur`; with the day where it ends on another one. */
function times(item: ItemView, desk: Desk, { t, dates }: Words): string {
  const [start, end] = [text(item, 'start') ?? '', text(item, 'end')];
  if (end === null) return t('date.hour', { time: dates.time(start) });
  if (localDay(end) !== localDay(start)) return t('today.until_day', { from: dates.time(start), day: dates.day(localDay(end), desk.today), to: dates.time(end) });
  return t('date.from_to', { from: dates.time(start), to: dates.time(end) });
}

function Appointment({ item, desk }: { item: ItemView; desk: Desk }) {
  const words = useWords();
  const { t, term } = words;
  const steps = useSteps();
  const name = text(item, 'title') ?? t('today.only_busy');
  const [kind, place] = [text(item, 'location_kind'), text(item, 'location')];
  const others = texts(item, 'attendees').filter((id) => id !== desk.me);
  const organisation = nameOf(desk, text(item, 'org_id'));
  const cancelled = isCancelled(item);
  const status = text(item, 'status');

  async function setStatus(next: string, said: string) {
    if (await steps.take({ method: 'item_set', params: { dossier: desk.dossier, id: item.id, fields: { status: next } } }, said)) await desk.onChanged();
  }

  return (
    <div className="kt-appointment" data-home={kind === 'thuis'} data-cancelled={cancelled}>
      <p className="kt-appointment-time">
        <time dateTime={text(item, 'start') ?? undefined}>{times(item, desk, words)}</time>
      </p>
      <div className="kt-appointment-body">
        <Editable
          desk={desk}
          item={item}
          name={name}
          questions={QUESTIONS}
          tools={
            item.may_change && item.kind === 'appointments' && lastDay(item) >= desk.today ? (
              cancelled ? (
                <Button purpose="subtle" icon="check" label={t('agenda.again_label', { name })} onClick={() => void setStatus('bevestigd', t('agenda.again_said', { name }))}>
                  {t('agenda.again')}
                </Button>
              ) : (
                <Button purpose="subtle" icon="stop" label={t('agenda.cancel_label', { name })} onClick={() => void setStatus(CANCELLED, t('agenda.cancel_said', { name }))}>
                  {t('agenda.cancel')}
                </Button>
              )
            ) : null
          }
        >
          <p className="kt-appointment-title" dir="auto">
            {name}
          </p>
          {others.length > 0 ? (
            <p className="kt-fact">
              <Icon name="person" />
              {t('today.with', { names: namesOf(desk, others, words) })}
            </p>
          ) : null}
          {kind === 'thuis' ? (
            <Badge icon="home" tone="warm">
              {desk.own ? term('place', 'thuis') : t('today.home_visit')}
            </Badge>
          ) : kind || place ? (
            <p className="kt-fact">
              <Icon name="pin" />
              <span dir="auto">{[kind ? term('place', kind) : null, place].filter(Boolean).join(', ')}</span>
            </p>
          ) : null}
          {cancelled ? (
            <Badge icon="stop" tone="warm">
              {t('today.cancelled')}
            </Badge>
          ) : status === 'voorstel' ? (
            <Badge icon="lightbulb" tone="accent">
              {t('action.proposal')}
            </Badge>
          ) : null}
          <Facts
            rows={[
              [t('agenda.purpose'), text(item, 'purpose')],
              [t('people.organisation'), organisation === place ? null : organisation],
            ]}
          />
        </Editable>
      </div>
    </div>
  );
}

/** Seven days beside each other; below each other where there is no room. */
function Week({ appointments, desk }: { appointments: readonly ItemView[]; desk: Desk }) {
  const words = useWords();
  const { t, term, dates } = words;
  const [monday, setMonday] = useState(() => daysLater(desk.today, -weekday(desk.today)));
  const days = Array.from({ length: 7 }, (_, index) => daysLater(monday, index));
  return (
    <section aria-labelledby="agenda-week" className="kt-stack">
      <div className="kt-week-top">
        <Title level={2} id="agenda-week">
          {t('agenda.week_of', { day: dates.date(monday) })}
        </Title>
        <div className="kt-buttons">
          <Button onClick={() => setMonday((was) => daysLater(was, -7))}>{t('agenda.week_before')}</Button>
          <Button onClick={() => setMonday((was) => daysLater(was, 7))}>{t('agenda.week_after')}</Button>
        </div>
      </div>
      <ol className="kt-week">
        {days.map((day) => {
          const items = appointments.filter((item) => localDay(text(item, 'start') ?? '') <= day && lastDay(item) >= day);
          return (
            <li key={day} data-today={day === desk.today}>
              <Title level={3}>{day === desk.today ? t('agenda.today', { day: dates.short(day) }) : dates.short(day)}</Title>
              {items.length === 0 ? <p className="kt-quiet">{t('agenda.free')}</p> : null}
              <ul className="kt-appointments">
                {items.map((item) => (
                  <li key={item.id} className="kt-appointment" data-home={text(item, 'location_kind') === 'thuis'} data-cancelled={isCancelled(item)}>
                    <p className="kt-appointment-time">{times(item, desk, words)}</p>
                    <p dir="auto" className="kt-appointment-title">
                      {text(item, 'title') ?? t('today.only_busy')}
                    </p>
                    {text(item, 'location_kind') === 'thuis' ? <p className="kt-quiet">{desk.own ? term('place', 'thuis') : t('today.home_visit')}</p> : null}
                    {isCancelled(item) ? <p className="kt-quiet">{t('today.cancelled')}</p> : null}
                  </li>
                ))}
              </ul>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
