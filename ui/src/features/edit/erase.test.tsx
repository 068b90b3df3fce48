import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

const GOAL = 'Wij blijven in ons huis wonen';

it('erases for good behind a fold, with what it cannot do, and after two taps', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/plan');
  const goal = within(await screen.findByRole('article', { name: GOAL }));
  await user.click(await goal.findByRole('button', { name: `Verander: ${GOAL}` }));
  const fold = screen.getByText('Voorgoed weghalen').closest('details');
  expect(fold?.open).toBe(false);
  await user.click(screen.getByText('Voorgoed weghalen'));
  expect(screen.getByText('In een backup van eerder staat het nog.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: `Ik wil dit voorgoed weghalen: ${GOAL}` }));
  expect(program.asked.some((request) => request.method === 'item_erase')).toBe(false);
  const last = screen.getByRole('group', { name: `U kunt dit niet ongedaan maken: ${GOAL}` });
  expect(document.activeElement).toBe(last);
  expect(await barriers()).toEqual([]);
  // A change of mind costs nothing, and the focus is where it was.
  await user.click(within(last).getByRole('button', { name: 'Laat het staan' }));
  const first = screen.getByRole('button', { name: `Ik wil dit voorgoed weghalen: ${GOAL}` });
  expect(document.activeElement).toBe(first);
  await user.click(first);
  await user.click(screen.getByRole('button', { name: 'Haal het voorgoed weg' }));
  await waitFor(() => expect(screen.queryByRole('article', { name: GOAL })).toBeNull());
  expect(program.asked).toContainEqual({ method: 'item_erase', params: { dossier: 'd1a5', id: 'g-2' } });
  expect(screen.getByText(`Voorgoed weggehaald: ${GOAL}`)).toBeTruthy();
  // Nothing brings it back, so nothing says so.
  expect(screen.queryByRole('button', { name: 'Terugdraaien' })).toBeNull();
});

it('offers it to the resident alone', async () => {
  const { user } = show('karin', '#/d/d1a5/plan');
  await user.click(await screen.findByRole('button', { name: `Verander: ${GOAL}` }));
  expect(screen.queryByText('Voorgoed weghalen')).toBeNull();
});
