import { Button } from '../../components/Button';
import { Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { Live } from '../shell/Live';
import { useSteps } from '../shell/Steps';

/** Whether the crisis card can be read without unlocking. What that means is said before one chooses it. */
export function CardOutside({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const steps = useSteps();
  const answer = useAnswer({ method: 'crisis_card_chosen', params: { dossier: dossier.id } }, () => false);
  async function choose(on: boolean) {
    // The other button takes it back.
    if (await steps.take({ method: 'crisis_card_choose', params: { dossier: dossier.id, on } }, t(on ? 'crisis.is_outside' : 'crisis.is_inside'), { undo: false })) await answer.refresh();
  }
  return (
    <section className="kt-kind" aria-labelledby="crisis-outside">
      <Title level={2} id="crisis-outside">
        {t('crisis.outside')}
      </Title>
      <Live answer={answer}>
        {({ on }) => (
          <div className="kt-card kt-start-form">
            <p>{t(on ? 'crisis.now_outside' : 'crisis.why')}</p>
            <p>{t('crisis.who')}</p>
            <p>
              <Button icon={on ? 'lock' : 'phone'} onClick={() => void choose(!on)}>
                {t(on ? 'crisis.take_inside' : 'crisis.put_outside')}
              </Button>
            </p>
          </div>
        )}
      </Live>
    </section>
  );
}
