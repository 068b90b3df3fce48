import { expect, it } from 'vitest';
import type { ItemView } from '../../generated/ItemView';
import { barriers, screen, show, within } from '../../test/show';
import { treeOf } from './genogram';

function tie(from: string | null, to: string | null, type: string, gezag?: boolean): ItemView {
  return { id: `${from}-${to}-${type}`, section: 'netwerk', kind: 'relations', fields: { from, to, type, ...(gezag === undefined ? {} : { gezag }) }, provenance: { author: null, source: null, date: null }, may_change: false, may_remove: false, contribution: false, also_said: [] };
}
const rows = (...ties: ItemView[]) => {
  const tree = treeOf(ties);
  return Array.from({ length: tree.height }, (_, y) =>
    tree.people
      .filter((one) => one.y === y)
      .sort((a, b) => a.x - b.x)
      .map((one) => one.id),
  );
};

it('puts generations under each other, couples beside each other and children under their parents', () => {
  expect(rows(tie('lisa', 'noor', 'ouder', true), tie('rik', 'noor', 'ouder', true), tie('lisa', 'mila', 'ouder'), tie('lisa', 'rik', 'ex-partner'), tie('ria', 'lisa', 'ouder'))).toEqual([['ria'], ['lisa', 'rik'], ['mila', 'noor']]);
  // A parent of whom nothing else is known stands beside the other one, not beside the grandparent.
  expect(rows(tie('cor', 'sam', 'ouder'), tie('sam', 'tess', 'ouder'), tie('eline', 'tess', 'ouder', false))).toEqual([['cor'], ['sam', 'eline'], ['tess']]);
});

it('draws what can be drawn when there are gaps, circles and nobody at the other end', () => {
  expect(treeOf([])).toMatchObject({ people: [], ties: [] });
  expect(treeOf([tie('a', null, 'ouder'), tie(null, 'b', 'partner'), tie('a', 'a', 'ouder')]).people).toEqual([]);
  const round = treeOf([tie('a', 'b', 'ouder'), tie('b', 'a', 'ouder'), tie('a', 'b', 'partner')]);
  expect(round.people.map((one) => one.id).sort()).toEqual(['a', 'b']);
  expect(treeOf([tie('a', 'b', 'ouder'), tie('a', 'b', 'ouder')]).ties).toHaveLength(1);
});

it('says in words what the drawings show', async () => {
  show('lisa', '#/d/d1a5/section/netwerk');
  const family = await screen.findByRole('region', { name: 'De familie in beeld' });
  expect(within(family).getByText('U bent ouder van Noor, met gezag.')).toBeTruthy();
  expect(within(family).getByText('U bent ex-partner van Rik.')).toBeTruthy();
  expect(within(family).getByText('Ria is ouder van u.')).toBeTruthy();
  expect(within(family).getByRole('img', { name: 'Tekening: wie bij wie hoort' }).querySelectorAll('.kt-box')).toHaveLength(6);
  const near = screen.getByRole('region', { name: 'Wie dichtbij staat' });
  const ria = within(near).getByRole('row', { name: /^Ria/ });
  expect(within(ria).getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['Goed', 'bijna elke dag', 'oppassen, koken, luisteren']);
  expect(near.querySelector('[data-strength="gespannen"]')?.getAttribute('d')).toContain('L');
  expect(await barriers()).toEqual([]);
});

it('names nobody whom the reader does not know', async () => {
  show('lisa', '#/d/d1a5/section/netwerk', (program) => {
    for (const fields of [{ from: 'p-lisa', to: 'p-gone', type: 'broer_zus' }, { from: 'p-lisa', to: null, type: 'partner' }]) void program.call({ method: 'item_add', params: { dossier: 'd1a5', section: 'netwerk', kind: 'relations', fields } });
    void program.call({ method: 'item_add', params: { dossier: 'd1a5', section: 'netwerk', kind: 'network', fields: { person_id: 'p-gone' } } });
  });
  const family = await screen.findByRole('region', { name: 'De familie in beeld' });
  expect(within(family).getByText('U bent broer of zus van iemand.')).toBeTruthy();
  const near = screen.getByRole('region', { name: 'Wie dichtbij staat' });
  expect(within(within(near).getByRole('row', { name: /^iemand/ })).getAllByText('Niet gezegd')).toHaveLength(3);
});
