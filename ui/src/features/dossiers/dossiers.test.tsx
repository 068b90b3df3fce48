import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

const OVER = { since: '2026-11-20T10:00:00+01:00', resident: 'Sam Jansen', unsent: true };

it('says that access ended, when, and what to do, in the list and on its page', async () => {
  const { program, user } = show('karin', '#/d/5a40/plan', (one) => one.elsewhere((state) => Object.assign(state.dossiers[1] ?? {}, { title: '', sections: [], over: OVER })));
  await screen.findByRole('heading', { level: 1, name: 'U kijkt hier niet meer mee' });
  expect(screen.getByText('Op 20 november 2026 is uw toegang gestopt. De kopie op deze computer is weg.')).toBeTruthy();
  expect(screen.getByText(/^Iets wat u schreef, kwam niet meer aan bij Sam\./)).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Mijn dossier' })).toBeNull();
  expect(await barriers()).toEqual([]);

  await user.click(screen.getByRole('link', { name: 'Alle dossiers' }));
  const card = within((await screen.findByRole('link', { name: 'Het dossier van Sam Jansen' })).closest('li') as HTMLElement);
  expect(card.getByText('Gestopt')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.click(card.getByRole('button', { name: 'Haal dit uit mijn lijst: Het dossier van Sam Jansen' }));
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Het dossier van Sam Jansen' })).toBeNull());
  expect(program.asked).toContainEqual({ method: 'dossier_remove', params: { dossier: '5a40', without_backup: false } });
});
