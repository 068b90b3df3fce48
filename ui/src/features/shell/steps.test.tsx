import { expect, it } from 'vitest';
import { barriers, row, screen, show, within } from '../../test/show';

const STEP = 'Elke maand voor de 5e de huur betalen';
const box = () => within(row(STEP)).getByRole<HTMLInputElement>('checkbox');

it('takes a step back and does it again, by buttons that keep the focus', async () => {
  const { user } = show('lisa', '#/d/d1a5/plan');
  await screen.findByText(STEP);
  await user.click(box());
  await user.click(await screen.findByRole('button', { name: 'Terugdraaien' }));
  expect(await screen.findByText('Het staat weer zoals het was.')).toBeTruthy();
  expect(await screen.findByText(STEP)).toBeTruthy();
  const again = await screen.findByRole('button', { name: 'Toch weer doen' });
  expect(document.activeElement).toBe(again);
  expect(await barriers()).toEqual([]);
  await user.click(again);
  expect(await screen.findByText('Het is weer gedaan.')).toBeTruthy();
  expect(document.activeElement?.textContent).toBe('Terugdraaien');
  expect(screen.queryByRole('button', { name: 'Toch weer doen' })).toBeNull();
});

it('walks back and forth by the keyboard, and says when there is nothing further', async () => {
  const { user, program } = show('lisa', '#/d/d1a5/plan');
  const walked = () => program.asked.filter(({ method }) => method === 'undo' || method === 'redo').map(({ method }) => method);
  await screen.findByText(STEP);
  await user.click(box());
  await screen.findByRole('button', { name: 'Terugdraaien' });
  await user.keyboard('{Control>}z{/Control}');
  expect(await screen.findByText('Het staat weer zoals het was.')).toBeTruthy();
  await user.keyboard('{Control>}{Shift>}Z{/Shift}{/Control}');
  expect(await screen.findByText('Het is weer gedaan.')).toBeTruthy();
  await user.keyboard('{Control>}z{/Control}');
  await screen.findByText('Het staat weer zoals het was.');
  await user.keyboard('{Control>}y{/Control}');
  await screen.findByText('Het is weer gedaan.');
  await user.keyboard('{Control>}y{/Control}');
  expect(await screen.findByText('Er is niets om opnieuw te doen.')).toBeTruthy();
  expect(walked()).toEqual(['undo', 'redo', 'undo', 'redo', 'redo']);
  // Inside a text the keys belong to the letters.
  await user.click(screen.getByRole('button', { name: 'Nieuw doel' }));
  await user.keyboard('Rust{Control>}z{/Control}');
  expect(walked()).toHaveLength(5);
});
