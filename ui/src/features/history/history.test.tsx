import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, row, screen, show, within } from '../../test/show';

const PLAN = '#/d/d1a5/plan';
const GOAL = 'Ik weet elke week wat ik kan uitgeven';

it('tells who changed what in a goal, the newest first, and gives the focus back', async () => {
  const { program, user } = show('lisa', PLAN);
  const button = await screen.findByRole('button', { name: `Wie veranderde wat? ${GOAL}` });
  await user.click(button);
  const panel = screen.getByRole('region', { name: `Wie veranderde wat: ${GOAL}` });
  expect(document.activeElement).toBe(panel);
  const steps = await within(panel).findAllByRole('listitem');
  expect(steps.map((step) => step.querySelector('p')?.textContent)).toEqual(['20 november 2026 om 20.15 uur', '10 november 2026 om 14.05 uur', '2 november 2026 om 9.00 uur']);
  expect(steps[0]?.textContent).toContain('U zette dit terug');
  expect(steps[0]?.textContent).toContain('Eerst: GehaaldDaarna: Nieuw');
  expect(steps[1]?.textContent).toContain('Karin de Wit (wijkteam) veranderde dit');
  expect(steps[1]?.textContent).toContain('31 januari 2027');
  expect(program.asked).toContainEqual({ method: 'history', params: { dossier: 'd1a5', id: 'g-1' } });
  expect(await barriers()).toEqual([]);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: `Wie veranderde wat? ${GOAL}` })));
});

it.each([
  ['a goal', PLAN, 'Wij blijven in ons huis wonen'],
  ['an appointment', '#/d/d1a5/agenda', 'Huisbezoek wijkteam'],
  ['an item of a section', '#/d/d1a5/section/geld', 'Waterstad Woonzorg'],
])('is there for %s', async (_, page, name) => {
  show('lisa', page);
  expect((await screen.findAllByRole('button', { name: new RegExp(`^Wie veranderde wat\\? .*${name}`), hidden: true })).length).toBeGreaterThan(0);
});

it('is there for who may only look, and leads to how it was', async () => {
  const { program, user } = show('karin', PLAN);
  const text = 'Elke maand voor de 5e de huur betalen';
  await screen.findByText(text);
  await user.click(within(row(text)).getByRole('button', { name: `Verander: ${text}` }));
  await user.click(screen.getByRole('button', { name: `Wie veranderde wat? ${text}` }));
  await user.click(await screen.findByRole('link', { name: 'Kijk hoe het toen was: 10 november 2026 om 14.05 uur' }));
  expect(await screen.findByRole('group', { name: 'Zo was het na deze stap' })).toBeTruthy();
  await screen.findByRole('navigation', { name: 'Wat u hier kunt bekijken' });
  expect(program.asked).toContainEqual({ method: 'look', params: { dossier: 'd1a5', through: { as: 'moment', at: 'b1b2c3d4e5' }, page: { page: 'today' } } });
});

it('shows the dossier of a chosen day, marked, without anything to write', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/sections');
  await user.click(await screen.findByRole('link', { name: 'Kijk hoe het dossier vroeger was' }));
  await user.click(await screen.findByRole('button', { name: 'Kijk terug' }));
  expect(screen.getByText('Vul de dag in.')).toBeTruthy();
  await user.type(screen.getByLabelText('Dag'), '1');
  await user.type(screen.getByLabelText('Maand'), '12');
  await user.click(screen.getByRole('button', { name: 'Kijk terug' }));
  expect(screen.getByText('Deze dag moet nog komen. Kies een eerdere dag.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.clear(screen.getByLabelText('Maand'));
  await user.type(screen.getByLabelText('Maand'), '11');
  await user.click(screen.getByRole('button', { name: 'Kijk terug' }));
  const band = await screen.findByRole('group', { name: 'Zo was het op 1 november 2026' });
  expect(band.textContent).toContain('U kunt hier niets veranderen.');
  const pages = within(await screen.findByRole('navigation', { name: 'Wat u hier kunt bekijken' }));
  await user.click(pages.getByRole('link', { name: 'Verslagen' }));
  await screen.findByRole('heading', { level: 1, name: 'Verslagen' });
  expect(screen.queryByRole('button', { name: /Klopt/ })).toBeNull();
  expect(screen.queryByRole('button', { name: /^Wie veranderde wat/ })).toBeNull();
  expect(await barriers()).toEqual([]);
  expect(program.asked).toContainEqual({ method: 'look', params: { dossier: 'd1a5', through: { as: 'moment', at: '2026-11-01' }, page: { page: 'section', section: 'verslagen' } } });
  await user.keyboard('{Escape}');
  await waitFor(() => expect(window.location.hash).toBe('#/d/d1a5/today'));
});

it('takes one more step back, and says when there is no further', async () => {
  const { program, user } = show('lisa', PLAN);
  const tick = async (text: string) => {
    await screen.findByText(text);
    await user.click(within(row(text)).getByRole('checkbox'));
    await waitFor(() => expect(screen.getByRole('status').textContent).toContain(text));
  };
  await tick('Elke maand voor de 5e de huur betalen');
  await tick('Uitzoeken of er een cursus beter slapen is');
  await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
  await user.click(await screen.findByRole('button', { name: 'Nog een stap terug' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Nog een stap terug' })).toBeNull());
  expect(program.asked.filter((request) => request.method === 'undo')).toHaveLength(2);
});
