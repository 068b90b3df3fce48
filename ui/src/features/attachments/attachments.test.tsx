import { expect, it } from 'vitest';
import { BackendFault } from '../../backend';
import { itemOf } from '../../test/fixtureFamily';
import { barriers, screen, show, within } from '../../test/show';

const LETTERS = '#/d/d1a5/section/documenten';
const withFiles = { id: 'doc-9', title: 'Brief van de woningbouw', status: 'open', attachments: [{ id: 'aa' }, { id: 'bb' }] };

it('says what a file is, where it lies, and when its name does not tell the truth', async () => {
  const { program, user } = show('lisa', LETTERS, (held) => held.elsewhere((state) => void state.items.push(itemOf('documenten', 'documents', withFiles, true))));
  const card = (await screen.findByText('brief.pdf')).closest('article, li.kt-item, .kt-card') ?? document.body;
  expect(within(card as HTMLElement).getByText('Deze bijlage staat nog bij Karin de Wit.')).toBeTruthy();
  expect(screen.getByText('Dit bestand is iets anders dan de naam zegt. Open het alleen als u het vertrouwt.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Bewaar buiten het dossier: foto.png' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Bewaar buiten het dossier: brief.pdf' }));
  expect(await screen.findByText(/Dat bestand is niet op slot/)).toBeTruthy();
  expect(program.asked.find((request) => request.method === 'attachment_save')?.params).toMatchObject({ attachment: 'aa', to: null });
  expect(await barriers()).toEqual([]);
});

it('fetches what is still with somebody else, and says when nobody is there who has it', async () => {
  const { program, user } = show('lisa', LETTERS, (held) => held.elsewhere((state) => void state.items.push(itemOf('documenten', 'documents', withFiles, true))));
  await user.click(await screen.findByRole('button', { name: 'Haal de bijlage op: foto.png' }));
  expect(await screen.findByText('Niemand die deze bijlage heeft, is nu verbonden. Probeer het later nog eens.')).toBeTruthy();
  expect(program.asked.find((request) => request.method === 'attachment_fetch')?.params).toEqual({ dossier: 'd1a5', item: 'doc-1', attachment: 'bb' });
  expect(screen.queryByRole('button', { name: 'Haal de bijlage op: brief.pdf' })).toBeNull();
  expect(await barriers()).toEqual([]);
});

it('makes a letter of a file without naming a place on this computer', async () => {
  const { program, user } = show('lisa', LETTERS);
  await user.click(await screen.findByRole('button', { name: 'Maak een brief van een foto of PDF' }));
  expect(await screen.findByText('foto.jpg')).toBeTruthy();
  expect(program.asked.find((request) => request.method === 'attach')?.params).toEqual({ dossier: 'd1a5', item: null, title: null, from: null });
});

it('says when a file is too large', async () => {
  const { user } = show('lisa', LETTERS, (held) => {
    const call = held.call.bind(held);
    held.call = (request) => (request.method === 'attach' ? Promise.reject(new BackendFault({ code: 'input_refused', detail: 'attachment_too_large' })) : call(request));
  });
  await user.click(await screen.findByRole('button', { name: 'Maak een brief van een foto of PDF' }));
  expect((await screen.findByRole('alert')).textContent).toBe('Dit bestand is te groot. Kies een bestand van hoogstens 200 MB.');
});
