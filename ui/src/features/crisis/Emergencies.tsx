import { Notice } from '../../components/Notice';
import type { DossierCard } from '../../generated/DossierCard';
import { localDay } from '../../i18n/dates';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { useSectionNames } from '../access/ScopeWords';
import { firstName } from '../people/names';
import { hrefOf } from '../shell/route';

/** What helpers opened in an emergency lately, above everything else of the day. */
export function Emergencies({ dossier, today }: { dossier: DossierCard; today: string }) {
  const { t, dates } = useWords();
  const sectionName = useSectionNames(dossier);
  // A receipt is no change of a section: any event may have brought one.
  const answer = useAnswer({ method: 'emergencies', params: { dossier: dossier.id } }, (event) => event.event === 'changed');
  if (!answer.data || answer.data.length === 0) return null;
  return (
    <Notice icon="alert" tone="warm" title={t('crisis.opened_title')}>
      <ul className="kt-stack-small">
        {answer.data.map((line) => (
          <li key={line.at} dir="auto">
            <strong>{t('crisis.opened', { name: line.name ? firstName(line.name) : t('common.unknown_person'), section: sectionName(line.section ?? ''), when: dates.near(localDay(line.at), today) })}</strong>{' '}
            {t('crisis.opened_reason', { reason: line.reason ?? '' })}
          </li>
        ))}
      </ul>
      <p>
        <a href={hrefOf({ page: 'log', dossier: dossier.id })}>{t('crisis.opened_log')}</a>
      </p>
    </Notice>
  );
}
