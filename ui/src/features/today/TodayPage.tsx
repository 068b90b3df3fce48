import { useState } from 'react';
import { Few } from '../../components/Few';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { PageTitle, Title } from '../../components/Title';
import type { ActionView } from '../../generated/ActionView';
import type { DossierCard } from '../../generated/DossierCard';
import type { NewsView } from '../../generated/NewsView';
import type { TodayView } from '../../generated/TodayView';
import { hourOf } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { touches, useAnswer } from '../../live/useAnswer';
import { Emergencies } from '../crisis/Emergencies';
import { useLookingBack, useLookingOnly } from '../looking/only';
import { Corrections } from '../notes/Corrections';
import { firstName } from '../people/names';
import { SeenBy } from '../people/SeenBy';
import { ActionRow } from '../plan/ActionRow';
import { Live } from '../shell/Live';
import { hrefOf } from '../shell/route';
import { Agenda } from './Agenda';

/** The first page: who comes when, what is mine to do, what is new. */
export function TodayPage({ dossier }: { dossier: DossierCard }) {
  const answer = useAnswer({ method: 'today', params: { dossier: dossier.id } }, touches(dossier.id, ['agenda', 'plan', 'verslagen']));
  return <Live answer={answer}>{(today) => <Today dossier={dossier} today={today} onChanged={answer.refresh} />}</Live>;
}

function Today({ dossier, today, onChanged }: { dossier: DossierCard; today: TodayView; onChanged: () => Promise<void> }) {
  const { t, dates } = useWords();
  const looking = useLookingOnly();
  const back = useLookingBack();
  const hour = hourOf(today.now);
  const greeting = hour < 12 ? 'today.morning' : hour < 18 ? 'today.afternoon' : 'today.evening';
  const fresh = dossier.own && today.appointments.length === 0 && today.my_actions.length === 0 && today.news.length === 0;

  return (
    <>
      <div className="kt-page-top">
        <p className="kt-date">{dates.day(today.date, today.date)}</p>
        <PageTitle>{back ? t('looking.that_day') : t(greeting, { name: firstName(today.name) })}</PageTitle>
        <SeenBy people={today.seen_by} own={dossier.own} dossier={dossier.id} />
      </div>
      {dossier.own && !looking ? <Emergencies dossier={dossier} today={today.date} /> : null}
      {fresh && looking ? (
        <p className="kt-card kt-quiet">{t('today.was_empty')}</p>
      ) : fresh ? (
        <div className="kt-card kt-empty">
          <Icon name="flag" />
          <Title level={2}>{t('today.welcome')}</Title>
          <p>{t('today.welcome_text')}</p>
          <a className="kt-main-link" href={hrefOf({ page: 'plan', dossier: dossier.id })}>
            {t('today.welcome_button')}
          </a>
          <p>
            {t('today.welcome_or')} <a href={hrefOf({ page: 'table', dossier: dossier.id, step: null })}>{t('today.welcome_table')}</a>
          </p>
        </div>
      ) : (
        <div className="kt-columns">
          <section aria-labelledby="today-agenda">
            <Title level={2} id="today-agenda">
              {t('today.agenda')}
            </Title>
            {today.appointments.length > 0 ? (
              <Agenda dossier={dossier} appointments={today.appointments} today={today.date} onChanged={onChanged} />
            ) : (
              <p className="kt-card kt-quiet">{t('today.agenda_empty')}</p>
            )}
          </section>
          <div className="kt-stack">
            <MyActions dossier={dossier} today={today} onChanged={onChanged} />
            {looking ? null : <Corrections dossier={dossier} today={today.date} onlyMine />}
            {today.news.length > 0 ? <News own={dossier.own} news={today.news} today={today.date} /> : null}
          </div>
        </div>
      )}
    </>
  );
}

/**
 * What is mine and not done. Something ticked off here stays in its place until the page is left, so
 * that nothing jumps away under a finger and the same box takes it back.
 */
function MyActions({ dossier, today, onChanged }: { dossier: DossierCard; today: TodayView; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const [ticked, setTicked] = useState<readonly { action: ActionView; place: number }[]>([]);
  const shown = [...today.my_actions];
  for (const { action, place } of ticked) {
    if (!shown.some((one) => one.id === action.id)) shown.splice(Math.min(place, shown.length), 0, action);
  }

  async function changed(action: ActionView) {
    const place = shown.findIndex((one) => one.id === action.id);
    setTicked((was) => {
      const others = was.filter((one) => one.action.id !== action.id);
      return action.status === 'klaar' ? [...others, { action, place }].sort((a, b) => a.place - b.place) : others;
    });
    await onChanged();
  }

  return (
    <section aria-labelledby="today-mine">
      <Title level={2} id="today-mine">
        {t('today.mine')}
      </Title>
      {shown.length > 0 ? (
        <Few className="kt-card kt-actions" items={shown} keyOf={(action) => action.id} more={(count) => t('common.more', { count })}>
          {(action) => <ActionRow dossier={dossier.id} action={action} me={dossier.me} today={today.date} brief onChanged={changed} />}
        </Few>
      ) : (
        <p className="kt-card kt-quiet">{t('today.mine_empty')}</p>
      )}
    </section>
  );
}

function News({ own, news, today }: { own: boolean; news: readonly NewsView[]; today: string }) {
  const { t, dates } = useWords();
  return (
    <section aria-labelledby="today-news">
      <Title level={2} id="today-news">
        {own ? t('today.news') : t('today.news_helper')}
      </Title>
      <ul className="kt-list">
        {news.map((one) => (
          <li key={one.id} className="kt-card kt-news">
            <p className="kt-quiet">
              {t('today.news_by', {
                name: one.author.name ? firstName(one.author.name) : t('common.unknown_person'),
                day: dates.near(one.date.slice(0, 10), today),
              })}
            </p>
            {one.plain ? <p dir="auto">{one.plain}</p> : <p>{t('today.news_no_plain')}</p>}
            {one.original ? (
              <Fold summary={t('today.news_original')}>
                <p dir="auto">{one.original}</p>
              </Fold>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
