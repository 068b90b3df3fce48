import { Fold } from '../../components/Fold';
import { LongList } from '../../components/LongList';
import { Title } from '../../components/Title';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { AddItem, type Desk, Editable } from '../edit/items';
import { text } from '../edit/spec';
import { useSteps } from '../shell/Steps';
import { Button } from '../../components/Button';
import { Source } from './facts';
import { KINDS } from './kinds';

/** All items of one kind under their heading, with what one can do. */
export function ItemsOfKind({ kind, items, desk, add, main = false, folded = false }: { kind: string; items: readonly ItemView[]; desk: Desk; /** False where the reader may only look. */ add: boolean; main?: boolean; /** Behind its heading, with how many there are. */ folded?: boolean }) {
  const { t } = useWords();
  const known = KINDS[kind];
  if (!known) return null;
  const sorted = known.order ? [...items].sort(known.order) : items;
  const past = known.past;
  const current = past ? sorted.filter((item) => !past.is(item)) : sorted;
  const over = past ? sorted.filter(past.is) : [];
  const id = `kind-${kind}`;
  const row = (item: ItemView) => <ItemCard item={item} desk={desk} />;
  const body = (
    <>
      {current.length > 0 ? (
        <LongList items={current} keyOf={(item) => item.id} estimate={170} className="kt-list">
          {row}
        </LongList>
      ) : null}
      {add && known.add && !(known.single && items.length > 0) ? (
        <AddItem desk={desk} kind={kind} questions={known.questions} fixed={known.fixed?.(desk)} button={t(known.add)} said={t(known.added ?? 'sections.added')} main={main} />
      ) : null}
      {past && over.length > 0 ? (
        <Fold summary={t(past.heading, { count: over.length })}>
          <LongList items={over} keyOf={(item) => item.id} estimate={170} className="kt-list">
            {row}
          </LongList>
        </Fold>
      ) : null}
    </>
  );
  if (folded) {
    return (
      <Fold summary={items.length > 0 && !known.single ? t('sections.counted', { heading: t(known.heading), count: items.length }) : t(known.heading)}>
        <div className="kt-kind">{body}</div>
      </Fold>
    );
  }
  return (
    <section className="kt-kind" aria-labelledby={id}>
      <Title level={2} id={id}>
        {t(known.heading)}
      </Title>
      {body}
    </section>
  );
}

export function ItemCard({ item, desk }: { item: ItemView; desk: Desk }) {
  const { t } = useWords();
  const steps = useSteps();
  const known = KINDS[item.kind];
  if (!known) return null;
  const { Card } = known;
  const name = known.name(item) || t(known.heading);

  async function settle() {
    if (await steps.take({ method: 'item_set', params: { dossier: desk.dossier, id: item.id, fields: { status: 'afgehandeld' } } }, t('sections.letters_settled', { name }))) await desk.onChanged();
  }

  return (
    <article className="kt-card kt-item" data-kind={item.kind}>
      <Editable
        desk={desk}
        item={item}
        name={name}
        questions={known.questions}
        removable={!known.single}
        level={3}
        stamp={known.stamp?.(desk)}
        tools={
          item.kind === 'documents' && item.may_change && text(item, 'status') === 'open' ? (
            <Button icon="check" label={t('sections.letters_settle_label', { name })} onClick={() => void settle()}>
              {t('sections.letters_settle')}
            </Button>
          ) : null
        }
      >
        <Card item={item} desk={desk} />
        <Source item={item} desk={desk} />
      </Editable>
    </article>
  );
}
