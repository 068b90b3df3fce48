import { expect, it } from 'vitest';
import { RECOVERY } from '../../test/fixtures';
import { barriers, screen, show } from '../../test/show';

async function toTheWords() {
  const shown = show('empty');
  await shown.user.type(await screen.findByLabelText('Hoe heet u?'), 'Bo Jansen');
  await shown.user.keyboard('{Enter}');
  await screen.findByRole('heading', { level: 1, name: 'Uw herstelwoorden' });
  return shown;
}

it('makes the person and the dossier, shows the words, tries two of them, and opens Today', async () => {
  const { program, user } = await toTheWords();
  expect(program.asked.map((request) => request.method).filter((method) => method !== 'status')).toEqual(['profile_create', 'dossier_new', 'recovery_words']);
  expect(screen.getAllByRole('listitem').map((word) => word.textContent)).toEqual(RECOVERY);
  expect(await barriers()).toEqual([]);

  await user.click(screen.getByRole('button', { name: 'Ik heb ze opgeschreven' }));
  const inputs = screen.getAllByLabelText<HTMLInputElement>(/^Wat is woord \d+\?$/);
  expect(inputs).toHaveLength(2);
  await user.type(inputs[0] as HTMLInputElement, 'fout');
  await user.click(screen.getByRole('button', { name: 'Klaar, naar mijn dossier' }));
  expect(inputs[0]?.getAttribute('aria-invalid')).toBe('true');
  expect(document.activeElement).toBe(inputs[0]);
  expect(await barriers()).toEqual([]);

  for (const input of inputs) {
    const number = Number(/\d+/.exec(input.labels?.[0]?.textContent ?? '')?.[0]);
    await user.clear(input);
    await user.type(input, ` ${RECOVERY[number - 1]?.toUpperCase()} `);
  }
  await user.click(screen.getByRole('button', { name: 'Klaar, naar mijn dossier' }));
  expect(await screen.findByRole('heading', { level: 1, name: /Bo$/ })).toBeTruthy();
  expect(screen.getByText('Alleen u ziet dit.')).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Schrijf mijn eerste doel' })).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('moves the focus to the title of each next page', async () => {
  const { user } = await toTheWords();
  expect(document.activeElement?.textContent).toBe('Uw herstelwoorden');
  await user.click(screen.getByRole('button', { name: 'Ik heb ze opgeschreven' }));
  expect(document.activeElement?.textContent).toBe('Klopt uw papier?');
});

it('asks for a name when there is none', async () => {
  const { program, user } = show('empty');
  await user.click(await screen.findByRole('button', { name: 'Maak mijn dossier' }));
  const input = screen.getByLabelText('Hoe heet u?');
  expect(document.activeElement).toBe(input);
  expect(screen.getByText('Vul uw naam in. Uw voornaam is genoeg.')).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'profile_create')).toBe(false);
  expect(await barriers()).toEqual([]);
});

it('does not make the person twice when the second step fails', async () => {
  const { program, user } = show('empty');
  await user.type(await screen.findByLabelText('Hoe heet u?'), 'Bo');
  const call = program.call.bind(program);
  program.call = async (request) => {
    if (request.method === 'dossier_new' && program.asked.at(-1)?.method === 'profile_create') program.failNext = 'disk_full';
    return call(request);
  };
  await user.click(screen.getByRole('button', { name: 'Maak mijn dossier' }));
  expect((await screen.findByRole('alert')).textContent).toContain('Uw schijf is vol.');
  await user.click(screen.getByRole('button', { name: 'Maak mijn dossier' }));
  await screen.findByRole('heading', { level: 1, name: 'Uw herstelwoorden' });
  expect(program.asked.filter((request) => request.method === 'profile_create')).toHaveLength(1);
  expect(program.asked.filter((request) => request.method === 'dossier_new')).toHaveLength(2);
});

it('speaks English when asked, and remembers it', async () => {
  const { user, unmount } = show('empty');
  await user.click((await screen.findAllByRole('radio', { name: 'English' })).at(-1) as HTMLElement);
  expect(screen.getByRole('button', { name: 'Make my dossier' })).toBeTruthy();
  expect(document.documentElement.lang).toBe('en');
  unmount();
  show('empty');
  expect(await screen.findByRole('heading', { level: 1, name: 'Welcome to the kitchen table' })).toBeTruthy();
});
