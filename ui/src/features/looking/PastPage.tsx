import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/Button';
import { DayField, NO_DAY, type TypedDay, typedDay } from '../../components/DayField';
import { PageTitle } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { Key } from '../../i18n/catalogue';
import { daysLater } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { Live } from '../shell/Live';
import { go, hrefOf } from '../shell/route';
import { Looking } from './Looking';

/** The dossier as it was on a day or after a step; without one, the page on which to choose a day. */
export function PastPage({ dossier, at }: { dossier: DossierCard; at: string | null }) {
  const { t, dates } = useWords();
  const today = useAnswer({ method: 'today', params: { dossier: dossier.id } }, () => false);
  if (at === null) return <Live answer={today}>{(view) => <ChooseDay dossier={dossier} today={view.date} />}</Live>;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(at);
  return (
    <Looking
      dossier={dossier}
      eyes={{ as: 'moment', at }}
      title={day ? t('looking.past_title', { day: dates.date(at) }) : t('looking.past_step')}
      lead={t('looking.past_lead')}
      icon="clock"
      end={t('looking.past_end')}
      onEnd={() => go({ page: 'today', dossier: dossier.id })}
    >
      <a className="kt-link" href={hrefOf({ page: 'past', dossier: dossier.id, at: null })}>
        {t('looking.past_another')}
      </a>
    </Looking>
  );
}

function ChooseDay({ dossier, today }: { dossier: DossierCard; today: string }) {
  const { t } = useWords();
  const [typed, setTyped] = useState<TypedDay>({ ...NO_DAY, year: today.slice(0, 4) });
  const [wrong, setWrong] = useState<Key | null>(null);
  const look = (day: string) => go({ page: 'past', dossier: dossier.id, at: day });
  function choose(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const day = typedDay(typed);
    if (!day) setWrong(day === '' ? 'edit.which_day' : 'date.no_such_day');
    else if (day > today) setWrong('looking.past_future');
    else look(day);
  }
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('looking.past_choose')}</PageTitle>
        <p className="kt-lead">{t('looking.past_choose_lead')}</p>
      </div>
      <form className="kt-card kt-stack" noValidate aria-label={t('looking.past_choose')} onSubmit={choose}>
        <DayField
          legend={t('looking.past_day')}
          labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }}
          error={wrong ? t(wrong) : null}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            setWrong(null);
          }}
        />
        <div className="kt-buttons">
          <Button type="submit" purpose="primary" icon="clock">
            {t('looking.past_look')}
          </Button>
        </div>
      </form>
      <div role="group" aria-label={t('looking.past_quick')} className="kt-buttons">
        <Button onClick={() => look(daysLater(today, -1))}>{t('looking.past_yesterday')}</Button>
        <Button onClick={() => look(daysLater(today, -7))}>{t('looking.past_week')}</Button>
        <Button onClick={() => look(daysLater(today, -30))}>{t('looking.past_month')}</Button>
      </div>
    </>
  );
}
