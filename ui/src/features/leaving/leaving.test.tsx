import { expect, it } from 'vitest';
import { BackendFault } from '../../backend';
import { barriers, screen, show, within } from '../../test/show';

const LEAVE = '#/d/d1a5/leave';

it('says what comes along and what does not before anything is made', async () => {
  const { program, user } = show('lisa', LEAVE);
  expect(await screen.findByText('Samen 214 dingen, en 31 regels uit het logboek.')).toBeTruthy();
  expect(screen.getByText('Uw herstelwoorden en sleutels.')).toBeTruthy();
  await user.click(screen.getByText('Hoeveel per onderdeel'));
  const rows = within(screen.getByRole('table')).getAllByRole('row').map((row) => row.textContent);
  expect(rows).toEqual(['OnderdeelDingen', 'Ons plan58', 'Van Noor1', 'Alleen voor u44']);
  expect(program.asked.some((request) => request.method === 'export')).toBe(false);
  expect(await barriers()).toEqual([]);
});

it('makes the folder without ever naming a place, and says what is in it', async () => {
  const { program, user } = show('lisa', LEAVE);
  await user.click(await screen.findByRole('button', { name: 'Kies een plek en maak de map' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Alles staat in de map' })).toBeTruthy();
  expect(screen.getByText('keukentafel-dossier')).toBeTruthy();
  expect(screen.getByText('dossier.pdf').closest('li')?.textContent).toContain('1,2 MB');
  expect(screen.getByText('dossier.json').closest('li')?.textContent).toContain('96,4 kB');
  expect(program.asked.find((request) => request.method === 'export')?.params).toMatchObject({ to: null, format: 'all', lang: 'nl' });
  expect(await barriers()).toEqual([]);
});

it('shows how far it is and stops when asked', async () => {
  let finish: () => void = () => undefined;
  const { program, user } = show('lisa', LEAVE, (held) => {
    const call = held.call.bind(held);
    held.call = (request) => {
      if (request.method === 'export') return new Promise((resolve) => (finish = () => resolve(null as never)));
      if (request.method === 'export_stop') finish();
      return call(request);
    };
  });
  await user.click(await screen.findByRole('button', { name: 'Kies een plek en maak de map' }));
  program.tell({ event: 'exporting', percent: 40 });
  const bar = await screen.findByRole('progressbar', { name: 'Wij maken de map…' });
  await expect.poll(() => bar.getAttribute('value')).toBe('40');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('Gestopt. Er is niets achtergebleven.')).toBeTruthy();
});

it('says what to do when the disk is full', async () => {
  const { user } = show('lisa', LEAVE, (held) => {
    const call = held.call.bind(held);
    held.call = (request) => (request.method === 'export' ? Promise.reject(new BackendFault({ code: 'disk_full', detail: null })) : call(request));
  });
  await user.click(await screen.findByRole('button', { name: 'Kies een plek en maak de map' }));
  expect((await screen.findByRole('alert')).textContent).not.toBe('');
  expect(screen.getByRole('button', { name: 'Kies een plek en maak de map' })).toBeTruthy();
});

it('is reached from where the dossier is kept safe', async () => {
  show('lisa', '#/d/d1a5/safety');
  expect((await screen.findByRole('link', { name: 'Neem alles mee' })).getAttribute('href')).toBe(LEAVE);
});

it('saves the plan as a paper, and says that nobody chose a place when nobody did', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/plan');
  await user.click(await screen.findByRole('button', { name: 'Bewaar of print dit plan' }));
  expect(await screen.findByText('plan.pdf')).toBeTruthy();
  expect(program.asked.find((request) => request.method === 'print')?.params).toEqual({ paper: 'plan', dossier: 'd1a5', invitation: null, lang: 'nl', to: null });
  expect(await barriers()).toEqual([]);
});

it('warns to throw the file with the words away', async () => {
  const { user } = show('lisa', '#/d/d1a5/safety');
  await user.click(await screen.findByRole('button', { name: 'Laat mijn herstelwoorden zien' }));
  await user.click(await screen.findByRole('button', { name: 'Bewaar of print deze woorden' }));
  expect(await screen.findByText('Print het blad en gooi het bestand daarna weg. Wie het heeft, kan alles lezen.')).toBeTruthy();
});
