import { expect, it } from 'vitest';
import { LOG } from '../../test/fixtureAccess';
import { barriers, screen, show, within } from '../../test/show';
import { rowsOf } from './LogPage';

const LOGBOOK = '#/d/d1a5/log';

it('says by day who did what, the same looking on one day as one line', async () => {
  show('lisa', LOGBOOK);
  const looked = await screen.findByText(/8\.15, 8\.16, 8\.40 uur/);
  const line = looked.closest('.kt-log-line') as HTMLElement;
  expect(line.textContent).toContain('Karin de Wit keek: Ons plan en Agenda');
  expect(line.textContent).toContain('gemeld door het apparaat van deze persoon');
  expect(screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent)).toEqual(['Maandag 23 november', 'Zondag 22 november']);
  expect(screen.getByText(/had hier geen toegang/)).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('filters by person and by period', async () => {
  const { user } = show('lisa', LOGBOOK);
  await user.selectOptions(await screen.findByLabelText('Wie'), 'p-ria');
  expect(screen.getByRole('main').textContent).toContain('1 regel');
  expect(within(screen.getByRole('main')).queryByText('Karin de Wit', { selector: 'strong' })).toBeNull();
  await user.selectOptions(screen.getByLabelText('Wie'), '');
  await user.click(screen.getByRole('radio', { name: 'Alles' }));
  expect(screen.getByText('U', { selector: 'strong' }).closest('p')?.textContent).toBe('U liet iemand meekijken: Karin de Wit');
  expect(screen.getByRole('main').textContent).toContain('4 regels');
});

it('keeps every writing apart', () => {
  const [write] = LOG.filter((line) => line.deed === 'added');
  if (!write) throw new Error('no line');
  const rows = rowsOf([write, { ...write, objects: ['n-2'] }, { ...write }]);
  expect(rows.filter((row) => row.line !== null)).toHaveLength(2);
});
