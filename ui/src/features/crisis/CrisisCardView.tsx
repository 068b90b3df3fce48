import { Icon, type IconName } from '../../components/Icon';
import { Title } from '../../components/Title';
import type { CrisisCard } from '../../generated/CrisisCard';
import { useWords } from '../../i18n/I18n';
import { Facts } from '../sections/facts';
import { Calls } from './Calls';

/** The card that lies outside the lock: whom to call first, then what one has to know. */
export function CrisisCardView({ card }: { card: CrisisCard }) {
  const { t, dates } = useWords();
  const empty = card.calls.length + card.early_signs.length + card.what_helps.length + card.what_not.length === 0 && !card.children && !card.medical;
  if (empty) return <p className="kt-quiet">{t('crisis.none')}</p>;
  return (
    <div className="kt-crisis">
      <Calls calls={card.calls} />
      <Lines heading={t('sections.crisis_signs')} lines={card.early_signs} icon="alert" />
      <Lines heading={t('sections.crisis_helps')} lines={card.what_helps} icon="check" />
      <Lines heading={t('sections.crisis_not')} lines={card.what_not} icon="close" />
      <Facts
        rows={[
          [t('sections.crisis_children'), card.children],
          [t('sections.crisis_medical'), card.medical],
        ]}
      />
      {card.updated ? <p className="kt-quiet">{t('crisis.updated', { day: dates.date(card.updated.slice(0, 10)) })}</p> : null}
    </div>
  );
}

function Lines({ heading, lines, icon }: { heading: string; lines: readonly string[]; icon: IconName }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <Title level={3}>{heading}</Title>
      <ul className="kt-lines">
        {lines.map((line) => (
          <li key={line}>
            <Icon name={icon} />
            <span dir="auto">{line}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
