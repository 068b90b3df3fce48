import { Badge } from '../../components/Badge';
import { Icon, type IconName } from '../../components/Icon';
import { Title } from '../../components/Title';
import type { AppointmentView } from '../../generated/AppointmentView';
import type { DossierCard } from '../../generated/DossierCard';
import { localDay } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { capital, peopleNamed } from '../people/names';
import { AlsoSaid } from '../plan/AlsoSaid';

const PLACE_ICON: Record<string, IconName> = { thuis: 'home', telefoon: 'phone', online: 'screen', kantoor: 'building', praktijk: 'building', school: 'building' };

interface Props {
  dossier: DossierCard;
  appointments: readonly AppointmentView[];
  today: string;
  onChanged: () => Promise<void>;
}

/** The coming appointments, one card a day. What began before today stands under today. */
export function Agenda({ dossier, appointments, today, onChanged }: Props) {
  const { dates } = useWords();
  const days = new Map<string, AppointmentView[]>();
  for (const appointment of appointments) {
    const start = localDay(appointment.start);
    const day = start < today ? today : start;
    days.set(day, [...(days.get(day) ?? []), appointment]);
  }
  return (
    <ol className="kt-list">
      {[...days].map(([day, list]) => {
        const near = dates.near(day, today);
        const full = dates.day(day, today);
        return (
          <li key={day} className="kt-card kt-day">
            <div className="kt-day-name">
              <Title level={3}>{capital(near)}</Title>
              {near === full ? null : <p className="kt-quiet">{full}</p>}
            </div>
            <ul className="kt-appointments">
              {list.map((appointment) => (
                <li key={appointment.id}>
                  <Appointment dossier={dossier} appointment={appointment} today={today} onChanged={onChanged} />
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ol>
  );
}

function Appointment({ dossier, appointment, today, onChanged }: { dossier: DossierCard; appointment: AppointmentView; today: string; onChanged: () => Promise<void> }) {
  const words = useWords();
  const { t, term, dates } = words;
  const atHome = appointment.location_kind === 'thuis';
  const others = appointment.attendees.filter((person) => person.id !== dossier.me);
  const place = appointment.location_kind ? placeWords(appointment.location_kind) : null;
  const cancelled = appointment.status === 'afgezegd' || appointment.status === 'geannuleerd';

  function placeWords(kind: string): string {
    if (!dossier.own && kind === 'thuis') return t('today.home_visit');
    return term('place', kind);
  }

  return (
    <div className="kt-appointment" data-home={atHome} data-cancelled={cancelled}>
      <p className="kt-appointment-time">
        <time dateTime={appointment.start}>{times()}</time>
      </p>
      <div className="kt-appointment-body">
        <p className="kt-appointment-title" dir="auto">
          {appointment.title ?? t('today.only_busy')}
        </p>
        {others.length > 0 ? (
          <p className="kt-fact">
            <Icon name="person" />
            {t('today.with', { names: peopleNamed(others, null, words) })}
          </p>
        ) : null}
        {atHome && place ? (
          <Badge icon="home" tone="warm">
            {place}
          </Badge>
        ) : place || appointment.location ? (
          <p className="kt-fact">
            <Icon name={PLACE_ICON[appointment.location_kind ?? ''] ?? 'pin'} />
            <span dir="auto">{appointment.location ?? place}</span>
          </p>
        ) : null}
        {cancelled ? (
          <Badge icon="stop" tone="warm">
            {t('today.cancelled')}
          </Badge>
        ) : null}
        <AlsoSaid
          dossier={dossier.id}
          item={appointment.id}
          said={appointment.also_said}
          current={{}}
          mayChange={false}
          today={today}
          onChanged={() => void onChanged()}
        />
      </div>
    </div>
  );

  function times(): string {
    const { start, end } = appointment;
    if (end === null) return t('date.hour', { time: dates.time(start) });
    if (localDay(start) < today && localDay(end) === today) return t('today.now_until', { time: dates.time(end) });
    if (localDay(end) !== localDay(start)) return t('today.until_day', { from: dates.time(start), day: dates.day(localDay(end), today), to: dates.time(end) });
    return t('date.from_to', { from: dates.time(start), to: dates.time(end) });
  }
}
