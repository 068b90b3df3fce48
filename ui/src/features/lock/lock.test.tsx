import { act, fireEvent } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { barriers, screen, show } from '../../test/show';

it('locks by hand, gives the same page back, and keeps what was typed', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/plan');
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  await user.type(screen.getByLabelText('Wat wilt u bereiken?'), 'Ik durf de post open te maken');
  await user.type(screen.getByLabelText(/^Waarom is dat belangrijk/), ' ');
  await user.click(screen.getByRole('link', { name: 'Veilig bewaard' }));
  // Leaving a form on purpose is not locking: that text is gone, as before.
  await user.click(await screen.findByRole('link', { name: 'Plan' }));
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  await user.type(screen.getByLabelText('Wat wilt u bereiken?'), 'Ik slaap weer');
  await user.keyboard('{Escape}{Escape}');
  const lock = program.asked.find((request) => request.method === 'lock');
  expect(lock).toMatchObject({ params: { leave: true } });
  expect(Object.values((lock as { params: { drafts: Record<string, string> } }).params.drafts)).toEqual(['Ik slaap weer']);
  expect(Object.keys((lock as { params: { drafts: Record<string, string> } }).params.drafts)[0]).toContain('#/d/d1a5/plan');

  const field = await screen.findByLabelText<HTMLInputElement>('Uw wachtzin');
  expect(screen.queryByText('Ik slaap weer')).toBeNull();
  expect(await barriers()).toEqual([]);
  await user.type(field, 'drie stoelen{Enter}');
  expect(await screen.findByText(/^U was iets aan het typen/)).toBeTruthy();
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  expect(screen.getByLabelText<HTMLInputElement>('Wat wilt u bereiken?').value).toBe('Ik slaap weer');
  expect(screen.queryByText(/^U was iets aan het typen/)).toBeNull();
});

it('shows nothing at all before the program has answered', async () => {
  const { program, user, container } = show('lisa', '#/d/d1a5/plan');
  await screen.findByRole('button', { name: 'Nieuw doel' });
  let answer: () => void = () => undefined;
  const call = program.call.bind(program);
  program.call = (request) => (request.method === 'lock' ? new Promise<never>((resolve) => (answer = () => resolve({ ids: [] } as never))) : call(request));
  await user.click(screen.getByRole('button', { name: 'Sluit snel' }));
  expect(container.textContent).toBe('');
  await act(async () => answer());
  expect(container.textContent).not.toBe('');
});

it('does nothing for one Escape, nor for two when that was switched off', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/safety');
  await user.click(await screen.findByLabelText('Doet niets'));
  await user.keyboard('{Escape}{Escape}');
  expect(program.asked.some((request) => request.method === 'lock')).toBe(false);
  await user.click(screen.getByLabelText('Sluit meteen'));
  await user.keyboard('{Escape}');
  expect(program.asked.some((request) => request.method === 'lock')).toBe(false);
});

it('locks after ten minutes without a sign of life, and not before', async () => {
  const { program } = show('lisa', '#/d/d1a5/plan');
  await screen.findByRole('button', { name: 'Nieuw doel' });
  const locked = () => program.asked.some((request) => request.method === 'lock');
  const clock = vi.spyOn(Date, 'now');
  const start = Date.now();
  const look = () => act(async () => void document.dispatchEvent(new Event('visibilitychange')));
  clock.mockReturnValue(start + 9 * 60_000);
  await look();
  expect(locked()).toBe(false);
  fireEvent.pointerMove(window);
  clock.mockReturnValue(start + 18 * 60_000);
  await look();
  expect(locked()).toBe(false);
  clock.mockReturnValue(start + 19 * 60_000 + 1);
  await look();
  expect(locked()).toBe(true);
  expect(program.asked.find((request) => request.method === 'lock')).toMatchObject({ params: { leave: false } });
  clock.mockRestore();
  expect(await screen.findByLabelText('Uw wachtzin')).toBeTruthy();
});

it('opens with one button where the computer itself keeps the key', async () => {
  const { user, program } = show('lisa', '', (one) => {
    const call = one.call.bind(one);
    let shut = true;
    one.call = async (request) => {
      if (request.method === 'unlock') shut = false;
      if (shut && request.method === 'status') throw Object.assign(new Error(), { fault: null, code: 'locked', detail: 'shut' });
      return call(request);
    };
  });
  await user.click(await screen.findByRole('button', { name: 'Open mijn dossier' }));
  expect(await screen.findByRole('heading', { level: 1, name: /Lisa$/ })).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'unlock', params: { passphrase: '' } });
});
