import { expect, it } from 'vitest';
import { BackendFault } from '../../backend';
import { barriers, screen, show } from '../../test/show';

it('asks for the passphrase, says when it is wrong, and opens', async () => {
  const { program, user } = show('lisa', '', (shut) => (shut.passphrase = 'drie stoelen'));
  expect(await screen.findByRole('heading', { level: 1, name: 'Uw dossier zit op slot' })).toBeTruthy();
  const field = screen.getByLabelText<HTMLInputElement>('Uw wachtzin');
  expect(field.type).toBe('password');
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Open mijn dossier' }));
  expect(screen.getByText('Typ eerst uw wachtzin.')).toBeTruthy();
  await user.type(field, 'vier stoelen{Enter}');
  expect(await screen.findByText(/^Deze wachtzin klopt niet\./)).toBeTruthy();
  expect(document.activeElement).toBe(field);
  expect(await barriers()).toEqual([]);
  await user.clear(field);
  await user.type(field, 'drie stoelen{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: /Lisa$/ })).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'unlock', params: { passphrase: 'drie stoelen' } });
});

it('is not asked for when the keyring itself is shut', async () => {
  show('lisa', '', (program) => {
    program.call = async () => {
      throw new BackendFault({ code: 'locked', detail: 'keyring' });
    };
  });
  expect(await screen.findByRole('heading', { level: 1, name: 'Dat lukt nu niet' })).toBeTruthy();
  expect(screen.queryByLabelText('Uw wachtzin')).toBeNull();
  expect(await barriers()).toEqual([]);
});

it('lets one choose a passphrase where the computer keeps no keys', async () => {
  const { program, user } = show('empty', '', (fresh) => {
    const call = fresh.call.bind(fresh);
    fresh.call = async (request) => {
      if (request.method === 'profile_create' && !fresh.asked.some((one) => one.method === 'unlock')) throw new BackendFault({ code: 'locked', detail: 'keyring' });
      return call(request);
    };
  });
  await user.type(await screen.findByLabelText('Hoe heet u?'), 'Bo');
  await user.click(screen.getByRole('button', { name: 'Maak mijn dossier' }));
  const field = await screen.findByLabelText('Uw wachtzin');
  expect(document.activeElement).toBe(field);
  await user.type(field, 'kort{Enter}');
  expect(screen.getByText(/^Deze wachtzin is kort\./)).toBeTruthy();
  await user.clear(field);
  await user.type(field, 'een lange zin');
  await user.type(screen.getByLabelText('Typ de wachtzin nog eens'), 'een lange zon{Enter}');
  expect(screen.getByText(/^De twee zinnen zijn niet gelijk\./)).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.clear(screen.getByLabelText('Typ de wachtzin nog eens'));
  await user.type(screen.getByLabelText('Typ de wachtzin nog eens'), 'een lange zin{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Uw herstelwoorden' })).toBeTruthy();
  expect(program.asked.map((request) => request.method).filter((method) => method !== 'status')).toEqual(['unlock', 'profile_create', 'dossier_new', 'recovery_words']);
});
