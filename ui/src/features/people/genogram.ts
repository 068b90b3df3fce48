import type { ItemView } from '../../generated/ItemView';
import { text } from '../edit/spec';

/** How two people are related, as far as a drawing says it. */
export interface Tie {
  from: string;
  to: string;
  /** `ouder`, `partner`, `ex-partner`, or another word of the field. */
  type: string;
  /** Whether a parent has custody; null where nobody says so. */
  custody: boolean | null;
}

export interface Placed {
  id: string;
  /** Centre, in boxes: 0 is the leftmost box. */
  x: number;
  /** Generation: 0 is the oldest. */
  y: number;
}

export interface Tree {
  people: Placed[];
  ties: Tie[];
  width: number;
  height: number;
}

/** The relations that name two people; what points at nobody, or at itself, draws nothing. */
export function tiesOf(relations: readonly ItemView[]): Tie[] {
  const seen = new Set<string>();
  return relations.flatMap((one) => {
    const [from, to, type] = [text(one, 'from'), text(one, 'to'), text(one, 'type') ?? ''];
    if (!from || !to || from === to || seen.has(`${from} ${to} ${type}`)) return [];
    seen.add(`${from} ${to} ${type}`);
    const custody = one.fields.gezag;
    return [{ from, to, type, custody: typeof custody === 'boolean' ? custody : null }];
  });
}

const DOWN = new Set(['ouder', 'voogd']);

/** Puts everybody in the row of their generation, couples side by side and children under their parents. */
export function treeOf(relations: readonly ItemView[]): Tree {
  const ties = tiesOf(relations);
  const ids = [...new Set(ties.flatMap((tie) => [tie.from, tie.to]))];
  const row = new Map(ids.map((id) => [id, 0]));
  const at = (id: string) => row.get(id) ?? 0;
  // A family that says it goes round in a circle still ends: no row is deeper than there are people.
  for (let round = 0; round < ids.length; round += 1) {
    for (const { from, to, type } of ties) {
      if (DOWN.has(type)) row.set(to, Math.min(ids.length - 1, Math.max(at(to), at(from) + 1)));
      else {
        const lower = Math.max(at(from), at(to));
        row.set(from, lower);
        row.set(to, lower);
      }
    }
  }
  // A parent who came in beside a later generation stands right above their children.
  for (const id of ids) {
    const children = ties.filter((tie) => DOWN.has(tie.type) && tie.from === id).map((tie) => at(tie.to));
    const above = ties.some((tie) => DOWN.has(tie.type) && tie.to === id);
    const beside = ties.some((tie) => !DOWN.has(tie.type) && (tie.from === id || tie.to === id));
    if (children.length > 0 && !above && !beside) row.set(id, Math.max(at(id), Math.min(...children) - 1));
  }
  const rows = [...new Set(row.values())].sort((a, b) => a - b).map((depth) => ids.filter((id) => at(id) === depth));
  const place = new Map<string, number>();
  const ordered = rows.map((line) => {
    const parents = (id: string) => ties.filter((tie) => DOWN.has(tie.type) && tie.to === id).map((tie) => place.get(tie.from)).filter((x): x is number => x !== undefined);
    const wish = (id: string, index: number) => {
      const above = parents(id);
      return above.length > 0 ? above.reduce((a, b) => a + b, 0) / above.length : index;
    };
    const wishes = new Map(line.map((id, index) => [id, wish(id, index)]));
    const sorted = [...line].sort((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0));
    const out: string[] = [];
    for (const id of sorted) {
      if (out.includes(id)) continue;
      out.push(id);
      // Whoever belongs with them comes next to them.
      for (const tie of ties) {
        const other = tie.from === id ? tie.to : tie.to === id ? tie.from : null;
        if (other && !DOWN.has(tie.type) && line.includes(other) && !out.includes(other)) out.push(other);
      }
    }
    out.forEach((id, index) => place.set(id, index - (out.length - 1) / 2));
    return out;
  });
  const width = Math.max(1, ...ordered.map((line) => line.length));
  const people = ordered.flatMap((line, y) => line.map((id, index) => ({ id, x: index + (width - line.length) / 2, y })));
  return { people, ties, width, height: ordered.length };
}
