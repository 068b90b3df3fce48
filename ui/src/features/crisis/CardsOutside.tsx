import { Fold } from '../../components/Fold';
import { Notice } from '../../components/Notice';
import { Title } from '../../components/Title';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { CrisisCardView } from './CrisisCardView';

/** The cards that can be read without a key, on the page that asks for one. Nothing stands here unless somebody chose it. */
export function CardsOutside() {
  const { t } = useWords();
  const { data } = useAnswer({ method: 'crisis_cards' }, () => false);
  if (!data || data.length === 0) return null;
  return (
    <Fold summary={t('sections.crisis')}>
      <div className="kt-outside">
        <Notice icon="phone" tone="warm">
          <p>{t('sections.crisis_112')}</p>
        </Notice>
        {data.map((card) => (
          <section key={card.name} className="kt-card kt-outside">
            <Title level={2} userText>
              {card.name}
            </Title>
            <CrisisCardView card={card} />
          </section>
        ))}
      </div>
    </Fold>
  );
}
