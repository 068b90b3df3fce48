import { act, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { barriers, screen, show, within } from '../../test/show';

const at = (section: string) => `#/d/d1a5/section/${section}`;
const card = (text: string) => within(screen.getByText(text).closest('article') as HTMLElement);
const added = (program: { asked: { method: string }[] }) => program.asked.filter((request) => request.method === 'item_add').at(-1);

describe('every page', () => {
  const pages = ['today', 'plan', 'agenda', 'notes', 'sections', 'access', 'invite', 'log', 'safety', ...['verhaal', 'netwerk', 'gezondheid', 'geld', 'wonen', 'documenten', 'crisis', 'noor'].map((section) => `section/${section}`)];
  it.each(pages)('%s has a title, a way to know who sees it, and no barriers, in both themes and languages', async (page) => {
    for (const [language, theme] of [
      ['nl', 'light'],
      ['en', 'dark'],
    ]) {
      localStorage.setItem('keukentafel.display', JSON.stringify({ language, theme, textSize: 'largest' }));
      const { unmount } = show('lisa', `#/d/d1a5/${page}`);
      await waitFor(() => expect(document.querySelectorAll('.kt-loading')).toHaveLength(0));
      expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
      const ownPages = ['sections', 'access', 'invite', 'log', 'safety'];
      if (!ownPages.includes(page)) expect(document.querySelector('.kt-seen')).not.toBeNull();
      expect(document.documentElement.dataset.theme).toBe(theme);
      expect(await barriers()).toEqual([]);
      unmount();
    }
  });
});

it('names a section in the language of the reader where a family brought our own name along', async () => {
  localStorage.setItem('keukentafel.display', JSON.stringify({ language: 'en', theme: 'light', textSize: 'normal' }));
  const label = (program: { elsewhere: (change: (state: { dossiers: { sections: { id: string; label: string | null }[] }[] }) => void) => void }) =>
    program.elsewhere((state) => state.dossiers[0]?.sections.forEach((section) => (section.label = section.id === 'netwerk' ? 'Mensen om mij heen' : section.id === 'geld' ? 'Centen' : section.label)));
  show('lisa', '#/d/d1a5/sections', label);
  expect(await screen.findByRole('link', { name: 'People around me' })).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Centen' })).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Stukje van Noor' })).toBeTruthy();
});

it('says of each part who reads it, and of nobody who knows only that there is something', async () => {
  show('lisa', '#/d/d1a5/sections');
  const tile = (name: string) => screen.getByRole('link', { name }).closest('li')?.textContent;
  await screen.findAllByText('Alleen u leest dit.');
  expect(tile('Ons plan')).toContain('U, Karin en Ria lezen dit.');
  expect(tile('Mijn verhaal')).toContain('U en Karin lezen dit.');
  expect(tile('Geld')).toContain('Alleen u leest dit.');
});

describe('money', () => {
  it('says the sums, and puts what is about to happen first', async () => {
    show('lisa', at('geld'));
    expect(await screen.findByText('€ 4.550')).toBeTruthy();
    expect(screen.getByText('€ 2.415')).toBeTruthy();
    const first = screen.getAllByRole('article')[0];
    expect(first?.textContent).toContain('Dreigt nu: uit huis gezet worden');
  });

  it('adds a debt with an amount as people write it', async () => {
    const { program, user } = show('lisa', at('geld'));
    await user.click(await screen.findByRole('button', { name: 'Zet een schuld erbij' }));
    expect(document.activeElement).toBe(screen.getByLabelText(/^Aan wie moet u betalen\?/));
    await user.type(screen.getByLabelText(/^Aan wie moet u betalen\?/), 'Tandarts');
    await user.type(screen.getByLabelText(/^Hoeveel is het\?/), 'veel');
    await user.click(screen.getByRole('button', { name: 'Bewaar' }));
    expect(screen.getByText(/^Dit is geen bedrag\./)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText(/^Hoeveel is het\?/));
    expect(await barriers()).toEqual([]);
    await user.clear(screen.getByLabelText(/^Hoeveel is het\?/));
    await user.type(screen.getByLabelText(/^Hoeveel is het\?/), '1.240,50');
    await user.click(screen.getByLabelText('Dit dreigt nu'));
    await user.click(screen.getByRole('button', { name: 'Bewaar' }));
    expect(await screen.findByText('Tandarts')).toBeTruthy();
    expect(added(program)).toEqual({ method: 'item_add', params: { dossier: 'd1a5', section: 'geld', kind: 'money.debts', fields: { creditor: 'Tandarts', amount: 1240.5, threat_active: true } } });
    await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
    await waitFor(() => expect(screen.queryByText('Tandarts')).toBeNull());
  });

  it('sends only what was changed, and empties what was emptied', async () => {
    const { program, user } = show('lisa', at('geld'));
    await user.click(await screen.findByRole('button', { name: 'Verander: Waterstad Woonzorg (huur)' }));
    await user.clear(screen.getByLabelText(/^Per maand/));
    await user.clear(screen.getByLabelText(/^Hoeveel is het\?/));
    await user.type(screen.getByLabelText(/^Hoeveel is het\?/), '1765');
    await user.click(screen.getByRole('button', { name: 'Bewaar' }));
    await waitFor(() => expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 's-1', fields: { amount: 1765, per_month: null } } }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Verander: Waterstad Woonzorg (huur)' })));
  });

  it('keeps what is typed while others change the same debt, and does not overwrite them', async () => {
    const { program, user } = show('lisa', at('geld'));
    await user.click(await screen.findByRole('button', { name: 'Verander: webwinkel' }));
    const field = screen.getByLabelText<HTMLInputElement>(/^Hoe staat het ervoor/);
    await user.clear(field);
    await user.type(field, 'half getypt');
    const held = () => program.asked.filter((request) => request.method === 'section').length;
    const before = held();
    await act(async () =>
      program.elsewhere((state) => {
        const debt = state.items.find((item) => item.fields.creditor === 'webwinkel');
        Object.assign(debt?.fields ?? {}, { amount: 100, creditor: 'webwinkel De Uil' });
      }, ['geld']),
    );
    await waitFor(() => expect(held()).toBeGreaterThan(before));
    expect(await screen.findByText('€ 4.417')).toBeTruthy();
    expect(screen.getByLabelText(/^Hoe staat het ervoor/)).toBe(field);
    expect([field.value, document.activeElement]).toEqual(['half getypt', field]);
    await user.click(screen.getByRole('button', { name: 'Bewaar' }));
    await waitFor(() => expect(program.asked.at(-1)?.method === 'section' || program.asked.some((request) => request.method === 'item_set')).toBe(true));
    const set = program.asked.find((request) => request.method === 'item_set');
    expect(set).toMatchObject({ params: { fields: { status: 'half getypt' } } });
    expect(Object.keys((set as { params: { fields: object } }).params.fields)).toEqual(['status']);
  });

  it('takes away inside the form, with a way back', async () => {
    const { program, user } = show('lisa', at('geld'));
    await user.click(await screen.findByRole('button', { name: 'Verander: webwinkel' }));
    await user.click(screen.getByRole('button', { name: 'Haal weg: webwinkel' }));
    await waitFor(() => expect(screen.queryByText('webwinkel')).toBeNull());
    expect(program.asked.some((request) => request.method === 'item_remove')).toBe(true);
    await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
    expect(await screen.findByText('webwinkel')).toBeTruthy();
  });
});

describe('letters', () => {
  it('puts the nearest deadline first and settles a letter in one tap', async () => {
    const { program, user } = show('lisa', at('documenten'));
    await screen.findByText('Verzoek om informatie van het UWV');
    expect(screen.getAllByRole('article')[0]?.textContent).toContain('Te laat, was 10 dagen geleden');
    await user.click(screen.getByRole('button', { name: 'Dit is klaar: Brief van de deurwaarder over de zorgverzekering' }));
    await waitFor(() => expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 'doc-1', fields: { status: 'afgehandeld' } } }));
    expect(await screen.findByText('1 brief die klaar is')).toBeTruthy();
  });

  it('adds a letter with its deadline', async () => {
    const { program, user } = show('lisa', at('documenten'));
    await user.click(await screen.findByRole('button', { name: 'Zet een brief erbij' }));
    await user.type(screen.getByLabelText(/^Waar gaat de brief over\?/), 'Afvalstoffen');
    const deadline = within(screen.getByRole('group', { name: /^Reageren vóór/ }));
    await user.type(deadline.getByLabelText('Dag'), '7');
    await user.type(deadline.getByLabelText('Maand'), '12');
    await user.click(screen.getByRole('button', { name: 'Bewaar' }));
    await waitFor(() => expect(added(program)).toEqual({ method: 'item_add', params: { dossier: 'd1a5', section: 'documenten', kind: 'documents', fields: { title: 'Afvalstoffen', reaction_deadline: '2026-12-07', status: 'open' } } }));
  });
});

it('tells a story in own words, signed and dated', async () => {
  const { program, user } = show('lisa', at('verhaal'));
  await user.click(await screen.findByRole('button', { name: 'Vertel iets' }));
  await user.type(screen.getByLabelText(/^Uw verhaal/), 'Het gaat beter.');
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  expect(await screen.findByText('Het gaat beter.')).toBeTruthy();
  expect(added(program)).toEqual({ method: 'item_add', params: { dossier: 'd1a5', section: 'verhaal', kind: 'story', fields: { text: 'Het gaat beter.', author: 'p-lisa', date: '2026-11-23' } } });
});

it('shows people with role and telephone, and adds one', async () => {
  const { program, user } = show('lisa', at('netwerk'));
  await screen.findByRole('heading', { level: 3, name: 'Fatma Yildiz' });
  const fatma = card('Fatma Yildiz');
  expect(fatma.getByText('Buur')).toBeTruthy();
  expect(fatma.getByText('06 00 00 01 04')).toBeTruthy();
  expect(card('Lisa Verhagen').getByText(/ouder van Noor Stam/)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Zet iemand erbij' }));
  await user.type(screen.getByLabelText('Naam'), 'Bo Jansen');
  await user.click(screen.getByLabelText('Helper'));
  await user.selectOptions(screen.getByLabelText(/^Rol/), 'huisarts');
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  expect(await screen.findByRole('heading', { level: 3, name: 'Bo Jansen' })).toBeTruthy();
  expect(added(program)).toMatchObject({ params: { kind: 'people', fields: { name: 'Bo Jansen', kind: 'professional', role: 'huisarts' } } });
});

it('folds away medicines that were stopped', async () => {
  show('lisa', at('gezondheid'));
  const past = await screen.findByText(/medicijn(en)? van vroeger$/);
  expect(past.closest('details')?.open).toBe(false);
  expect(screen.getByText('Sertraline 50 mg tablet').closest('details')).toBeNull();
});

it('changes the crisis card line by line', async () => {
  const { program, user } = show('lisa', at('crisis'));
  await user.click(await screen.findByRole('button', { name: 'Verander: De crisiskaart' }));
  const helps = screen.getByLabelText<HTMLTextAreaElement>(/^Dit helpt \(/);
  expect(helps.value.split('\n')).toHaveLength(3);
  await user.type(helps, '\nThee zetten');
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  await waitFor(() =>
    expect(program.asked.find((request) => request.method === 'item_set')).toMatchObject({ params: { id: 'cr-1', fields: { what_helps: ['Even naar buiten met Fatma', 'Mijn moeder bellen', 'Rustig praten, niet te dichtbij komen', 'Thee zetten'] } } }),
  );
});

it('makes a section of ones own', async () => {
  const { program, user } = show('lisa', '#/d/d1a5/sections');
  await user.click(await screen.findByRole('button', { name: 'Maak zelf een onderdeel' }));
  await user.click(screen.getByRole('button', { name: 'Maak dit onderdeel' }));
  expect(screen.getByText('Vul dit in.')).toBeTruthy();
  await user.type(screen.getByLabelText('Hoe heet het onderdeel?'), ' Alleen voor mij ');
  await user.click(screen.getByRole('button', { name: 'Maak dit onderdeel' }));
  await user.click(await screen.findByRole('link', { name: 'Alleen voor mij' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Alleen voor mij' })).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'section_new', params: { dossier: 'd1a5', label: 'Alleen voor mij' } });
});

it('offers a helper no way to change what is not theirs', async () => {
  show('karin', at('geld'));
  await screen.findByRole('heading', { level: 1, name: 'Geld' });
  await screen.findByText('webwinkel');
  expect(screen.queryAllByRole('button', { name: /^Verander/ })).toEqual([]);
});

it('draws only what is near the screen of a list with thousands of rows', async () => {
  show('lisa', at('documenten'), (program) =>
    program.elsewhere((state) => {
      const letter = state.items.find((item) => item.kind === 'documents');
      for (let index = 0; letter && index < 3000; index += 1) state.items.push({ ...letter, id: `x-${index}`, fields: { ...letter.fields, id: `x-${index}`, title: `Brief ${index}`, status: 'open' } });
    }),
  );
  await waitFor(() => expect(document.querySelector('[data-windowed]')).not.toBeNull());
  const rows = document.querySelectorAll('[data-windowed] > li');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length).toBeLessThan(100);
  expect(rows[0]?.getAttribute('aria-setsize')).toBe('3005');
  expect(await barriers()).toEqual([]);
});
