import { Button } from '../../components/Button';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import type { AtTable } from './TablePage';

/** What was written down at this step, large, each with a way to take it away. */
export function Written({ items, at, words, by }: { items: readonly ItemView[]; at: AtTable; words: (item: ItemView) => string; by?: (item: ItemView) => string | null }) {
  const { t } = useWords();
  const steps = useSteps();
  if (items.length === 0) return null;
  async function remove(item: ItemView) {
    if (await steps.take({ method: 'item_remove', params: { dossier: at.dossier.id, id: item.id } }, t('edit.removed', { name: words(item) }))) await at.refresh();
  }
  return (
    <ul className="kt-table-written" aria-label={t('table.written')}>
      {items.map((item) => (
        <li key={item.id}>
          <p>
            <span dir="auto">{words(item)}</span>
            {by?.(item) ? (
              <span className="kt-quiet kt-block" dir="auto">
                {by(item)}
              </span>
            ) : null}
          </p>
          {item.may_remove ? (
            <Button purpose="subtle" icon="bin" label={t('edit.remove_label', { name: words(item) })} onClick={() => void remove(item)}>
              {t('edit.remove')}
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
