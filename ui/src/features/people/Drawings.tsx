import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Title } from '../../components/Title';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import type { Desk } from '../edit/items';
import { text, texts } from '../edit/spec';
import { nameOf } from '../sections/facts';
import { type Tie, treeOf } from './genogram';
import { firstName } from './names';

/** A drawing that is as wide as it needs to be: where there is less room one moves over it, also with the keyboard. */
function Drawing({ heading, label, width, height, children, words }: { heading: string; label: string; /** In units of the drawing; one is a pixel of ordinary letters. */ width: number; height: number; children: ReactNode; /** The same in words. */ words: ReactNode }) {
  const id = useId();
  const room = useRef<HTMLDivElement>(null);
  // Where there is less room, whom it is about is what one sees first.
  useLayoutEffect(() => {
    const [around, middle] = [room.current, room.current?.querySelector('[data-resident="true"] rect')].map((one) => one?.getBoundingClientRect());
    if (room.current && around && middle) room.current.scrollLeft += middle.left + middle.width / 2 - around.left - around.width / 2;
  }, [width]);
  return (
    <section className="kt-kind" aria-labelledby={id}>
      <Title level={2} id={id}>
        {heading}
      </Title>
      <figure className="kt-card kt-drawing">
        {/* What scrolls has to be reachable without a mouse. */}
        <div ref={room} className="kt-drawing-room" tabIndex={0} role="group" aria-label={label}>
          <svg viewBox={`0 0 ${width} ${height}`} style={{ inlineSize: `${width / 18}rem` }} role="img" aria-label={label} aria-describedby={`${id}-words`}>
            {children}
          </svg>
        </div>
        <figcaption id={`${id}-words`}>{words}</figcaption>
      </figure>
    </section>
  );
}

const BOX = { w: 150, h: 52, gap: 36, down: 74, edge: 12 };

/** Who belongs to whom: parents, partners and children. */
export function Genogram({ desk, resident, relations }: { desk: Desk; /** Whose family it is. */ resident: string | null; relations: readonly ItemView[] }) {
  const { t, term } = useWords();
  const tree = treeOf(relations);
  if (tree.people.length === 0) return null;
  const name = (id: string) => nameOf(desk, id);
  const short = (id: string) => (id === desk.me ? t('people.draw_you') : (name(id) ? firstName(name(id) ?? '') : t('common.unknown_person')));
  const centre = new Map(tree.people.map(({ id, x, y }) => [id, { x: BOX.edge + BOX.w / 2 + x * (BOX.w + BOX.gap), y: BOX.edge + BOX.h / 2 + y * (BOX.h + BOX.down) }]));
  const where = (id: string) => centre.get(id) ?? { x: 0, y: 0 };
  const couples = tree.ties.filter((tie) => tie.type === 'partner' || tie.type === 'ex-partner');
  const parents = tree.ties.filter((tie) => tie.type === 'ouder' || tie.type === 'voogd');
  const others = tree.ties.filter((tie) => !couples.includes(tie) && !parents.includes(tie));
  const width = 2 * BOX.edge + tree.width * BOX.w + (tree.width - 1) * BOX.gap;
  const height = 2 * BOX.edge + tree.height * BOX.h + (tree.height - 1) * BOX.down;
  // Only what is in this drawing is explained.
  const key = [...(couples.some((tie) => tie.type === 'ex-partner') ? [t('people.draw_apart')] : []), ...(parents.some((tie) => tie.custody === false) ? [t('people.draw_no_custody')] : [])];
  const sentence = (tie: Tie) => {
    const slots = { from: short(tie.from), to: tie.to === desk.me ? t('action.you') : short(tie.to), kind: term('relation', tie.type) };
    const you = tie.from === desk.me;
    if (tie.type === 'ouder' && tie.custody !== null) {
      if (tie.custody) return t(you ? 'people.draw_you_custody' : 'people.draw_parent_custody', slots);
      return t(you ? 'people.draw_you_none' : 'people.draw_parent_none', slots);
    }
    return t(you ? 'people.draw_you_tie' : 'people.draw_tie', slots);
  };
  return (
    <Drawing
      heading={t('people.genogram')}
      label={t('people.genogram_label')}
      width={width}
      height={height}
      words={
        <ul className="kt-drawing-words">
          {key.length > 0 ? <li className="kt-quiet">{key.join(' ')}</li> : null}
          {tree.ties.map((tie) => (
            <li key={`${tie.from} ${tie.to} ${tie.type}`} dir="auto">
              {sentence(tie)}
            </li>
          ))}
        </ul>
      }
    >
      {parents.map((tie) => {
        const [from, to] = [where(tie.from), where(tie.to)];
        const middle = to.y - BOX.h / 2 - BOX.down / 2;
        return <path key={`${tie.from} ${tie.to}`} className="kt-tie" data-custody={tie.custody !== false} d={`M${from.x} ${from.y + BOX.h / 2}V${middle}H${to.x}V${to.y - BOX.h / 2}`} />;
      })}
      {couples.map((tie) => {
        const [one, other] = [where(tie.from), where(tie.to)].sort((a, b) => a.x - b.x) as [{ x: number; y: number }, { x: number; y: number }];
        const [start, end] = [one.x + BOX.w / 2, other.x - BOX.w / 2];
        // Beside each other a line between them; further apart, one that goes round over those in between.
        const path = end - start <= BOX.gap + 1 ? `M${start} ${one.y}H${end}` : `M${one.x} ${one.y - BOX.h / 2}v-8H${other.x}v8`;
        const middle = { x: (one.x + other.x) / 2, y: end - start <= BOX.gap + 1 ? one.y : one.y - BOX.h / 2 - 8 };
        return (
          <g key={`${tie.from} ${tie.to}`} className="kt-tie" data-couple={tie.type}>
            <path d={path} />
            {tie.type === 'ex-partner' ? <path d={`M${middle.x - 7} ${middle.y + 8}l6 -16M${middle.x + 1} ${middle.y + 8}l6 -16`} /> : null}
          </g>
        );
      })}
      {others.map((tie) => {
        const [from, to] = [where(tie.from), where(tie.to)];
        return <path key={`${tie.from} ${tie.to} ${tie.type}`} className="kt-tie" data-custody="unknown" d={`M${from.x} ${from.y - BOX.h / 2}v-8H${to.x}V${to.y - BOX.h / 2}`} />;
      })}
      {tree.people.map(({ id }) => (
        <g key={id} className="kt-box" data-resident={id === resident} data-unknown={name(id) === null}>
          <rect x={where(id).x - BOX.w / 2} y={where(id).y - BOX.h / 2} width={BOX.w} height={BOX.h} rx="10" />
          <text x={where(id).x} y={where(id).y + 6}>
            {clipped(short(id), 15)}
          </text>
        </g>
      ))}
    </Drawing>
  );
}

const THICKNESS: Readonly<Record<string, number>> = { sterk: 7, gewoon: 3, gespannen: 3 };

/** Who is near: how strong the tie is, how often one sees each other, and what they help with. */
export function Ecogram({ desk, resident, contacts }: { desk: Desk; /** Who stands in the middle. */ resident: string | null; contacts: readonly ItemView[] }) {
  const { t, term } = useWords();
  const known = contacts.filter((one) => text(one, 'person_id') !== null);
  if (known.length === 0) return null;
  const name = (one: ItemView) => {
    const full = nameOf(desk, text(one, 'person_id'));
    return full ? firstName(full) : t('common.unknown_person');
  };
  const strength = (one: ItemView) => (text(one, 'strength') ? term('strength', text(one, 'strength') ?? '') : t('people.draw_unsaid'));
  const [w, h] = [190, 76];
  // One or two stand above and below: no room is needed at the sides.
  const across = known.length <= 2 ? 0 : Math.max(250, (known.length * (w + 24)) / 5);
  const up = Math.max(150, (known.length * (h + 24)) / 4);
  const [width, height] = [2 * across + w + 24, 2 * up + h + 24];
  const middle = { x: width / 2, y: height / 2 };
  const spot = (index: number) => {
    const angle = -Math.PI / 2 + (2 * Math.PI * index) / known.length;
    return { x: middle.x + across * Math.cos(angle), y: middle.y + up * Math.sin(angle) };
  };
  return (
    <Drawing
      heading={t('people.ecogram')}
      label={t('people.ecogram_label')}
      width={Math.round(width)}
      height={Math.round(height)}
      words={
        <>
          <p className="kt-quiet">{t('people.draw_key')}</p>
          <div className="kt-table-room" tabIndex={0} role="group" aria-label={t('people.ecogram_table')}>
            <table className="kt-plain-table">
              <thead>
                <tr>
                  {(['who', 'strength', 'contact', 'helps'] as const).map((head) => (
                    <th key={head} scope="col">
                      {t(`people.draw_${head}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {known.map((one) => (
                  <tr key={one.id}>
                    <th scope="row" dir="auto">
                      {name(one)}
                    </th>
                    <td>{strength(one)}</td>
                    <td dir="auto">{text(one, 'contact') ?? t('people.draw_unsaid')}</td>
                    <td dir="auto">{texts(one, 'helps_with').join(', ') || t('people.draw_unsaid')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      }
    >
      {known.map((one, index) => {
        const to = spot(index);
        const kind = text(one, 'strength') ?? '';
        return <path key={one.id} className="kt-tie" data-strength={kind || 'unknown'} strokeWidth={THICKNESS[kind] ?? 2} d={kind === 'gespannen' ? zigzag(middle, to) : `M${middle.x} ${middle.y}L${to.x} ${to.y}`} />;
      })}
      <g className="kt-box" data-resident="true">
        <rect x={middle.x - 60} y={middle.y - 28} width="120" height="56" rx="28" />
        <text x={middle.x} y={middle.y + 6}>
          {clipped(resident === desk.me ? t('people.draw_you') : firstName(nameOf(desk, resident) ?? t('common.unknown_person')), 12)}
        </text>
      </g>
      {known.map((one, index) => {
        const to = spot(index);
        return (
          <g key={one.id} className="kt-box">
            <rect x={to.x - w / 2} y={to.y - h / 2} width={w} height={h} rx="10" />
            <text x={to.x} y={to.y - 14}>
              {clipped(name(one), 18)}
            </text>
            <text className="kt-box-more" x={to.x} y={to.y + 7}>
              {clipped(strength(one), 22)}
            </text>
            <text className="kt-box-more" x={to.x} y={to.y + 27}>
              {clipped(text(one, 'contact') ?? '', 24)}
            </text>
          </g>
        );
      })}
    </Drawing>
  );
}

/** A line that shows strain: it goes to and fro on its way. */
function zigzag(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const steps = Math.max(6, Math.round(length / 14));
  const points = Array.from({ length: steps - 1 }, (_, index) => {
    const part = (index + 1) / steps;
    const side = index % 2 === 0 ? 7 : -7;
    return `L${(from.x + dx * part - (dy / length) * side).toFixed(1)} ${(from.y + dy * part + (dx / length) * side).toFixed(1)}`;
  });
  return `M${from.x} ${from.y}${points.join('')}L${to.x} ${to.y}`;
}

/** A text that fits its box; the words beside the drawing have it whole. */
function clipped(words: string, most: number): string {
  const letters = [...words];
  return letters.length <= most ? words : `${letters.slice(0, most - 1).join('').trimEnd()}…`;
}
