import { useCalendar } from '../../live/calendar';
import { useWords } from '../../i18n/I18n';

/** A moment in the past with its day: `22 november 2026 om 14.10 uur`. */
export function useMoment(): (instant: string) => string {
  const { t, dates } = useWords();
  return (instant) => t('date.at', { day: dates.date(dates.dayOf(instant)), time: dates.time(instant) });
}

/** A moment that was lately, as one says it: `gisteren om 14.10 uur`. */
export function useLately(): (instant: string) => string {
  const { dates } = useWords();
  const today = useCalendar();
  return (instant) => dates.moment(instant, today);
}
