import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import type { AlsoSaid as AlsoSaidView } from '../../generated/AlsoSaid';
import { type TermGroup, useWords, type Words } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';

interface Props {
  dossier: string;
  /** The item that the values belong to. */
  item: string;
  /** Which words its status has. */
  status?: 'goal_status' | 'action_status';
  said: readonly AlsoSaidView[];
  /** The values that stand there now, of the fields that can be settled here. */
  current: Readonly<Record<string, string | null>>;
  mayChange: boolean;
  /** The program's calendar. */
  today: string;
  onChanged: () => void;
}

/** Values that lost when two people wrote at once: shown, and settled by whoever may change the item. */
export function AlsoSaid({ dossier, item, status = 'action_status', said, current, mayChange, today, onChanged }: Props) {
  const words = useWords();
  const { t, term } = words;
  const steps = useSteps();

  async function settle(field: string, value: string) {
    if (await steps.take({ method: 'item_set', params: { dossier, id: item, fields: { [field]: value } } }, t('action.chosen'))) onChanged();
  }

  return said.map(({ field, values }) => {
    const now = current[field];
    return (
      <div key={field} className="kt-also">
        {values.map((value, index) => {
          const shown = inWords(status, field, value, today, words);
          return (
            <div key={value} className="kt-also-value">
              <p>
                <Icon name="speech" />
                <span>
                  <span className="kt-quiet">{t('action.also_said_about', { field: term('field', field) })}</span>
                  <span dir="auto">{t('action.also_said', { value: shown })}</span>
                </span>
              </p>
              {mayChange && now !== undefined ? (
                <div className="kt-buttons">
                  <Button purpose="subtle" label={t('action.also_said_choose_label', { value: shown })} onClick={() => void settle(field, value)}>
                    {t('action.also_said_choose')}
                  </Button>
                  {now !== null && index === values.length - 1 ? (
                    <Button purpose="subtle" onClick={() => void settle(field, now)}>
                      {t('action.also_said_keep')}
                    </Button>
                  ) : null}
                </div>
              ) : null}
            </div>
          );
        })}
      </div>
    );
  });
}

function inWords(status: TermGroup, field: string, value: string, today: string, { term, dates }: Words): string {
  if (field === 'due' || field === 'target_date') return dates.day(value, today);
  if (field === 'start' || field === 'end') return dates.moment(value, today);
  if (field === 'status') return term(status, value);
  if (field === 'location_kind') return term('place', value);
  return value;
}
