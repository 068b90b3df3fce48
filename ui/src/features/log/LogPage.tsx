import { useMemo, useState } from 'react';
import { Choice } from '../../components/Choice';
import { Icon, type IconName } from '../../components/Icon';
import { LongList } from '../../components/LongList';
import { Pick } from '../../components/Pick';
import { PageTitle, Title } from '../../components/Title';
import type { Deed } from '../../generated/Deed';
import type { DossierCard } from '../../generated/DossierCard';
import type { Line } from '../../generated/Line';
import { daysLater, localDay } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { useSectionNames } from '../access/ScopeWords';
import { capital, listed } from '../people/names';
import { useSection } from '../sections/useDesk';
import { Live } from '../shell/Live';

const ICON: Record<Deed, IconName> = {
  opened: 'eye',
  added: 'plus',
  changed: 'pencil',
  removed: 'bin',
  refused: 'stop',
  invited: 'mail',
  granted: 'check',
  revoked: 'close',
  copy_removed: 'bin',
  broke_glass: 'alert',
  started: 'flag',
  taken_along: 'folders',
  team_joined: 'people',
  team_left: 'people',
};
const PERIODS = { week: 7, month: 31, all: null } as const;
type Period = keyof typeof PERIODS;

/** Who looked and who did what, by day, with a filter by person and by period. */
export function LogPage({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const [person, setPerson] = useState('');
  const [period, setPeriod] = useState<Period>('month');
  // The whole log is asked once: choosing a person then takes no time, and the list of people stays complete.
  const answer = useAnswer({ method: 'log', params: { dossier: dossier.id, person: null, since: null } }, (event) => event.event !== 'peer');
  const today = useAnswer({ method: 'today', params: { dossier: dossier.id } }, () => false);
  const people = useSection(dossier, 'netwerk').data?.people;
  const names = useMemo(() => new Map(people?.flatMap(({ id, name }): [string, string][] => (name === null ? [] : [[id, name]]))), [people]);
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('log.title')}</PageTitle>
        <p className="kt-lead">{t('log.lead')}</p>
      </div>
      <Live answer={answer}>
        {(lines) => (
          <Live answer={today}>{({ date }) => <Lines dossier={dossier} names={names} lines={lines} today={date} person={person} period={period} setPerson={setPerson} setPeriod={setPeriod} />}</Live>
        )}
      </Live>
    </>
  );
}

interface Props {
  dossier: DossierCard;
  /** People of the dossier, by id. */
  names: ReadonlyMap<string, string>;
  lines: readonly Line[];
  today: string;
  person: string;
  period: Period;
  setPerson: (person: string) => void;
  setPeriod: (period: Period) => void;
}

/** A day's heading, or what one person did in one way on that day. */
type Row = { key: string; day: string; line: null } | { key: string; day: string; line: Line; times: readonly string[]; sections: readonly string[] };

function Lines({ dossier, names, lines, today, person, period, setPerson, setPeriod }: Props) {
  const { t, dates } = useWords();
  const people = useMemo(() => {
    const named = new Map(lines.map((line) => [line.who, line.name ?? line.who]));
    return [...named].sort((a, b) => a[1].localeCompare(b[1]));
  }, [lines]);
  const rows = useMemo(() => {
    const days = PERIODS[period];
    const from = days === null ? '' : daysLater(today, 1 - days);
    const wanted = lines.filter((line) => (person === '' || line.who === person) && localDay(line.at) >= from);
    return rowsOf(wanted);
  }, [lines, person, period, today]);
  return (
    <>
      <div className="kt-filters">
        <Pick label={t('log.person')} value={person} options={[{ value: '', label: t('log.everybody') }, ...people.map(([value, label]) => ({ value, label }))]} onChange={setPerson} />
        <Choice
          legend={t('log.period')}
          value={period}
          options={[
            { value: 'week', label: t('log.week') },
            { value: 'month', label: t('log.month') },
            { value: 'all', label: t('log.all') },
          ]}
          onChange={setPeriod}
        />
      </div>
      <p role="status" className="kt-quiet">
        {t('log.count', { count: rows.filter((row) => row.line !== null).length })}
      </p>
      <LongList items={rows} keyOf={(row) => row.key} estimate={84} className="kt-log">
        {(row) => (row.line === null ? <Title level={2}>{capital(dates.day(row.day, today))}</Title> : <LogLine dossier={dossier} names={names} row={row} />)}
      </LongList>
      <p className="kt-quiet">{t('log.reported_means')}</p>
    </>
  );
}

/** Newest first; the same thing by the same person on one day is one row. */
export function rowsOf(lines: readonly Line[]): Row[] {
  const rows: Row[] = [];
  const groups = new Map<string, { line: Line; times: string[]; sections: Set<string> }>();
  for (const line of [...lines].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))) {
    const day = localDay(line.at);
    // What was written or refused is said each time; only looking is grouped over its sections.
    const key = [day, line.who, line.name, line.deed, line.reported, line.reason, ...(line.deed === 'opened' ? [] : [line.section, line.objects.join(' ')])].join('\n');
    const held = groups.get(key);
    if (held) {
      held.times.push(line.at);
      if (line.section) held.sections.add(line.section);
      continue;
    }
    const group = { line, times: [line.at], sections: new Set(line.section ? [line.section] : []) };
    groups.set(key, group);
  }
  let day = '';
  for (const [key, group] of groups) {
    const own = localDay(group.line.at);
    if (own !== day) rows.push({ key: own, day: own, line: null });
    day = own;
    rows.push({ key, day, line: group.line, times: group.times, sections: [...group.sections] });
  }
  return rows;
}

function LogLine({ dossier, names, row }: { dossier: DossierCard; names: ReadonlyMap<string, string>; row: Extract<Row, { line: Line }> }) {
  const { t, term, dates, language } = useWords();
  const sectionName = useSectionNames(dossier);
  const { line, times, sections } = row;
  const who = line.who === dossier.me ? t('log.you') : (line.name ?? t('common.unknown_person'));
  const work = line.who === dossier.me ? '' : [line.role ? term('role', line.role) : null, line.organisation].filter(Boolean).join(', ');
  const whom = ABOUT_PEOPLE.has(line.deed) ? line.objects.flatMap((id) => names.get(id) ?? []) : [];
  const where = whom.length > 0 ? listed(whom, language) : sections.length > 0 ? new Intl.ListFormat(language).format(sections.map(sectionName)) : null;
  const clock = [...new Set(times.map((at) => dates.time(at)))];
  return (
    <div className="kt-log-line" data-deed={line.deed}>
      <Icon name={ICON[line.deed]} />
      <div>
        <p>
          <strong dir="auto">{who}</strong> {term('deed', line.who === dossier.me ? `${line.deed}_you` : line.deed)}
          {where ? (
            <>
              {': '}
              <span dir="auto">{where}</span>
            </>
          ) : null}
        </p>
        <p className="kt-quiet">
          {capital([
            work,
            clock.length > 3 ? t('log.times', { count: times.length, first: clock.at(-1) ?? '', last: clock[0] ?? '' }) : t('date.hour', { time: clock.reverse().join(', ') }),
            line.reported ? t('log.reported') : null,
            line.reason ? (known(line.reason) ? term('deed', `why_${line.reason}`) : line.reason) : null,
          ]
            .filter(Boolean)
            .join(' · '))}
        </p>
      </div>
    </div>
  );
}

/** What is done about somebody, not about a part of the dossier. */
const ABOUT_PEOPLE: ReadonlySet<Line['deed']> = new Set<Line['deed']>(['invited', 'granted', 'revoked']);

const WHY = new Set(['no_grant', 'not_certified', 'right_too_small', 'revoked', 'device_cut', 'too_much', 'other_branch', 'unopened', 'refused', 'waits_for_another', 'unreadable', 'for_good', 'said_again', 'other_generation', 'code_not_compared', 'taken_along']);
function known(reason: string): boolean {
  return WHY.has(reason);
}
