import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

const NOTES = '#/d/d1a5/notes';
const note = (name: string) => within(screen.getByRole('article', { name }));
const KARIN = 'Karin de Wit schreef dit op donderdag 5 november';

it('shows the plain version first, the original folded, and what was said about it', async () => {
  show('lisa', NOTES);
  await screen.findByRole('article', { name: KARIN });
  const first = note(KARIN);
  expect(first.getByText(/^Ik was bij Lisa thuis\./).closest('details')).toBeNull();
  expect(first.getByText(/^HB afgelegd/).closest('details')?.open).toBe(false);
  expect(first.getByText(/^Klopt\. Dank je/)).toBeTruthy();
  expect(first.getByText(/^Alleen voor u, Jeroen/)).toBeTruthy();
  expect(screen.getAllByText('Er is nog geen uitleg in gewone taal.')).toHaveLength(1);
});

it('says in one tap that it is right', async () => {
  const { program, user } = show('lisa', NOTES);
  await screen.findByRole('article', { name: KARIN });
  await user.click(note(KARIN).getByRole('button', { name: 'Klopt, zeg dat tegen Karin' }));
  await waitFor(() => expect(program.asked).toContainEqual({ method: 'note_react', params: { dossier: 'd1a5', note: 'n-1', text: '', verdict: 'klopt' } }));
  await waitFor(() => expect(note(KARIN).queryByRole('button', { name: 'Klopt, zeg dat tegen Karin' })).toBeNull());
  // One's own word can be taken back; that of somebody else cannot.
  await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
  expect(await note(KARIN).findByRole('button', { name: 'Klopt, zeg dat tegen Karin' })).toBeTruthy();
});

it('asks what is wrong, keeps the words when sending fails, and sends them', async () => {
  const { program, user } = show('lisa', NOTES);
  await screen.findByRole('article', { name: KARIN });
  await user.click(note(KARIN).getByRole('button', { name: 'Klopt niet, zeg dat tegen Karin' }));
  const field = screen.getByLabelText<HTMLTextAreaElement>('Schrijf wat er anders moet');
  expect(document.activeElement).toBe(field);
  await user.click(screen.getByRole('button', { name: 'Zet het eronder' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  await user.type(field, 'Ik was niet moe.');
  expect(await barriers()).toEqual([]);
  program.failNext = 'disk_full';
  await user.click(screen.getByRole('button', { name: 'Zet het eronder' }));
  await waitFor(() => expect(screen.getByRole('status').textContent).toContain('Uw schijf is vol.'));
  expect(field.value).toBe('Ik was niet moe.');
  await user.click(screen.getByRole('button', { name: 'Zet het eronder' }));
  expect(await screen.findByText('Ik was niet moe.', { selector: 'p' })).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'note_react', params: { dossier: 'd1a5', note: 'n-1', text: 'Ik was niet moe.', verdict: 'klopt_niet' } });
});

it('lets a helper write a note with a plain version, and not judge it', async () => {
  const { program, user } = show('karin', NOTES);
  await user.click(await screen.findByRole('button', { name: 'Schrijf een verslag' }));
  await user.type(screen.getByLabelText(/^Uw verslag/), 'HB afgelegd.');
  await user.type(screen.getByLabelText(/^Hetzelfde in gewone taal/), 'Ik was op bezoek.');
  await user.click(screen.getByRole('button', { name: 'Bewaar dit verslag' }));
  await waitFor(() => expect(program.asked).toContainEqual({ method: 'note_add', params: { dossier: 'd1a5', section: 'verslagen', text: 'HB afgelegd.', plain: 'Ik was op bezoek.', hat: null, readers: [] } }));
  expect(screen.queryByRole('button', { name: /^Klopt/ })).toBeNull();
});

it.each([
  ['nl', 'Verslagen', 'Mijn dossier'],
  ['en', 'Notes by helpers', 'My dossier'],
])('is called the same in the menu, among the sections and above its page, in %s', async (language, name, sections) => {
  localStorage.setItem('keukentafel.display', JSON.stringify({ language }));
  const { user } = show('lisa', '#/d/d1a5/sections');
  await screen.findByRole('heading', { level: 1, name: sections });
  const links = screen.getAllByRole('link', { name: new RegExp(`^${name}`) });
  expect(links).toHaveLength(2);
  for (const link of links) expect(link.getAttribute('href')).toBe('#/d/d1a5/notes');
  await user.click(links[1] as HTMLElement);
  expect(await screen.findByRole('heading', { level: 1, name })).toBeTruthy();
});
