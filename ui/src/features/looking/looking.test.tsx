import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

const ACCESS = '#/d/d1a5/access';
const INVITE = '#/d/d1a5/invite';
const band = () => screen.getByRole('group', { name: 'U kijkt zoals Karin' });

it('shows every page as somebody else sees it, with nothing to write and a way out', async () => {
  const { program, user } = show('lisa', ACCESS);
  await user.click(await screen.findByRole('button', { name: 'Kijk zoals Karin' }));
  expect(document.activeElement).toBe(band());
  expect(band().textContent).toContain('U kunt hier niets veranderen.');
  const pages = within(await screen.findByRole('navigation', { name: 'Wat u hier kunt bekijken' }));
  expect(pages.getAllByRole('link').map((link) => link.textContent)).toEqual(['Vandaag', 'Plan', 'Agenda', 'Onderdelen']);
  await user.click(pages.getByRole('link', { name: 'Plan' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Rust in huis en grip op geld' })).toBe(document.activeElement);
  expect(screen.queryByRole('checkbox')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Nieuw doel' })).toBeNull();
  expect(screen.queryByRole('link', { name: 'Verander wie dit ziet' })).toBeNull();
  expect(await barriers()).toEqual([]);
  expect(program.asked).toContainEqual({ method: 'look', params: { dossier: 'd1a5', through: { as: 'person', person: 'p-karin' }, page: { page: 'plan' } } });
  await user.click(pages.getByRole('link', { name: 'Onderdelen' }));
  await user.click(await screen.findByRole('link', { name: 'Geld' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Geld' })).toBeTruthy();
  expect(window.location.hash).toBe(ACCESS);
  const opened = program.asked.findIndex((request) => request.method === 'look');
  expect(program.asked.slice(opened).map((request) => request.method).filter((method) => method !== 'look')).toEqual([]);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Kijk zoals Karin' })));
  expect(screen.queryByRole('group', { name: 'U kijkt zoals Karin' })).toBeNull();
});

it('shows what an invitation would give before it is made, and keeps what was filled in', async () => {
  const { program, user } = show('lisa', INVITE);
  await user.click(await screen.findByRole('button', { name: 'Kijk wat deze persoon straks ziet' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  await user.type(screen.getByLabelText('Hoe heet deze persoon?'), 'Bo Smit');
  await user.click(screen.getByRole('button', { name: 'Familie of vrienden' }));
  await user.click(screen.getByRole('button', { name: 'Kijk wat deze persoon straks ziet' }));
  expect(document.activeElement).toBe(screen.getByRole('group', { name: 'Zo ziet Bo uw dossier straks' }));
  await screen.findByRole('heading', { level: 1 });
  expect(await barriers()).toEqual([]);
  expect(program.asked).toContainEqual({
    method: 'look',
    params: { dossier: 'd1a5', through: { as: 'offer', person: null, name: 'Bo Smit', grants: ['plan=zien', 'agenda=zien', 'crisis=zien'] }, page: { page: 'today' } },
  });
  await user.click(screen.getByRole('button', { name: 'Terug naar de uitnodiging' }));
  expect((screen.getByLabelText('Hoe heet deze persoon?') as HTMLInputElement).value).toBe('Bo Smit');
  expect(program.asked.some((request) => request.method === 'invite')).toBe(false);
});
