import { act } from '@testing-library/react';
import { expect, it } from 'vitest';
import { RECOVERY } from '../../test/fixtures';
import { barriers, screen, show } from '../../test/show';

const SAFETY = '#/d/d1a5/safety';

it('says in words how things are and who has what', async () => {
  show('lisa', SAFETY);
  expect(await screen.findByText('Uw dossier is goed bewaard.')).toBeTruthy();
  expect(screen.getByText(/^Keukentafel stopte de vorige keer opeens\./)).toBeTruthy();
  expect(await screen.findByText('Karin de Wit heeft alles. Laatst gezien: gisteren om 14.10 uur.')).toBeTruthy();
  expect(screen.getByText('Ria Verhagen krijgt nog 3 dingen. Dat gaat vanzelf. Nu verbonden.')).toBeTruthy();
});

it('checks everything when asked', async () => {
  const { program, user } = show('lisa', SAFETY);
  expect(program.asked.some((request) => request.method === 'verify')).toBe(false);
  await user.click(await screen.findByRole('button', { name: 'Kijk alles na' }));
  expect(await screen.findByText('Wij keken 214 dingen na.')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says what to do when something is broken', async () => {
  const { user } = show('lisa', SAFETY, (program) => {
    const call = program.call.bind(program);
    program.call = async (request) => (request.method === 'verify' ? ({ ok: false, faults: ['chain ab: item 3 does not hold'], items: 3, compartments: [] } as never) : call(request));
  });
  await user.click(await screen.findByRole('button', { name: 'Kijk alles na' }));
  expect(await screen.findByText('Verander niets aan de map. Vraag iemand om hulp.')).toBeTruthy();
  expect(screen.getByText('chain ab: item 3 does not hold').closest('details')?.open).toBe(false);
});

it('shows the recovery words only when asked, and comes back', async () => {
  const { program, user } = show('lisa', SAFETY);
  await screen.findByRole('button', { name: 'Laat mijn herstelwoorden zien' });
  expect(program.asked.some((request) => request.method === 'recovery_words')).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Laat mijn herstelwoorden zien' }));
  expect(await screen.findByText(RECOVERY[0] ?? '')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Klaar' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Veilig bewaard' })).toBeTruthy();
});

it('can be stopped while it checks, and says that nothing is left', async () => {
  const { program, user } = show('lisa', SAFETY, (held) => {
    const call = held.call.bind(held);
    let answer: (value: null) => void = () => undefined;
    held.call = (request) => {
      if (request.method === 'verify') return new Promise((done) => (answer = done as typeof answer)) as never;
      if (request.method === 'work_stop') answer(null);
      return call(request);
    };
  });
  await user.click(await screen.findByRole('button', { name: 'Kijk alles na' }));
  act(() => program.tell({ event: 'working', kilobytes: 4_200 }));
  expect(screen.getByText(/Alles nakijken….*4/)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('Gestopt. Er is niets achtergebleven.')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'work_stop' });
});
