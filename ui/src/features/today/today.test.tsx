import { act, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { barriers, row, screen, show, within } from '../../test/show';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T09:00:00+01:00') });
});
afterEach(() => {
  vi.useRealTimers();
});

const LATE = 'Aanvragen of de zorgtoeslag klopt';
const tick = (text: string) => screen.getByRole<HTMLInputElement>('checkbox', { name: text });

describe('Today', () => {
  it('says who comes when, in words', async () => {
    show('lisa');
    expect(await screen.findByRole('heading', { level: 1, name: 'Goedemorgen Lisa' })).toBeTruthy();
    expect(screen.getByText('maandag 23 november')).toBeTruthy();
    const days = screen.getAllByRole('heading', { level: 3 }).map((heading) => heading.textContent);
    expect(days).toEqual(['Overmorgen', 'Over 3 dagen', 'Over 4 dagen', 'Over 8 dagen']);
    const visit = within(row('Huisbezoek wijkteam'));
    expect(visit.getByText('10.00 – 11.00 uur')).toBeTruthy();
    expect(visit.getByText('Met Karin')).toBeTruthy();
    expect(visit.getByText('Bij u thuis')).toBeTruthy();
    expect(within(row('Kinderen bij Rik')).getByText('17.00 uur, tot zondag 29 november om 18.00 uur')).toBeTruthy();
  });

  it('shows only the time of an appointment whose title is not shared', async () => {
    show('lisa', '', (program) => program.elsewhere((state) => Object.assign(state.appointments[0] ?? {}, { title: null, attendees: [], location: null, location_kind: null })));
    expect(await screen.findByText('Er is een afspraak')).toBeTruthy();
    expect(screen.queryByText('Huisbezoek wijkteam')).toBeNull();
  });

  it('ticks a step in one tap, keeps it in its place, and undoes it', async () => {
    const { program, user } = show('lisa');
    await screen.findByRole('checkbox', { name: LATE });
    expect(within(row(LATE)).getByText('Te laat')).toBeTruthy();
    const order = () => screen.getAllByRole('checkbox').map((box) => box.parentElement?.textContent);
    const before = order();

    await user.click(tick(LATE));
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe(`Gedaan: ${LATE}`));
    expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 't-3', fields: { status: 'klaar' } } });
    await waitFor(() => expect(program.asked.filter((request) => request.method === 'today').length).toBeGreaterThan(1));
    expect(tick(LATE).checked).toBe(true);
    expect(order()).toEqual(before);
    expect(document.activeElement).toBe(tick(LATE));
    expect(await barriers()).toEqual([]);

    await user.click(screen.getByRole('button', { name: 'Terugdraaien' }));
    await waitFor(() => expect(tick(LATE).checked).toBe(false));
    expect(program.asked).toContainEqual({ method: 'undo', params: { dossier: 'd1a5' } });
    expect(screen.getByRole('status').textContent).toBe('Het staat weer zoals het was.');
  });

  it('takes a tick back and says why when the program refuses', async () => {
    const { program, user } = show('lisa');
    await screen.findByRole('checkbox', { name: LATE });
    program.failNext = 'not_allowed';
    await user.click(tick(LATE));
    await waitFor(() => expect(screen.getByRole('status').textContent).toContain('U mag dit niet doen.'));
    expect(tick(LATE).checked).toBe(false);
    expect(screen.queryByRole('button', { name: 'Terugdraaien' })).toBeNull();
  });

  it('follows what others change, without taking the focus away', async () => {
    const { program } = show('lisa');
    await screen.findByRole('checkbox', { name: LATE });
    tick(LATE).focus();
    await act(async () => program.elsewhere((state) => Object.assign(state.appointments[0] ?? {}, { title: 'Karin komt later' })));
    expect(await screen.findByText('Karin komt later')).toBeTruthy();
    expect(document.activeElement).toBe(tick(LATE));
  });

  it('shows what is new: the plain version first, and says when there is none', async () => {
    show('lisa');
    expect(await screen.findByText('Karin schreef dit gisteren')).toBeTruthy();
    expect(screen.getByText(/^Ik was bij Lisa thuis\./)).toBeTruthy();
    expect(screen.getByText('Er is nog geen uitleg in gewone taal.')).toBeTruthy();
    expect(screen.getByText(/^HB afgelegd/).closest('details')?.open).toBe(false);
  });

  it('says who sees this', async () => {
    const { user } = show('lisa');
    const sentence = await screen.findByText('Karin, Jeroen en 3 anderen zien dit ook.');
    await user.click(sentence);
    const person = within(screen.getByText('Samira El Idrissi').closest('li') as HTMLElement);
    expect(person.getByText('schuldhulp, mag iets toevoegen')).toBeTruthy();
  });

  it('counts only who reads it, and says of everybody else how much they see', async () => {
    const { user } = show('lisa', '', (program) =>
      program.elsewhere((state) => {
        state.seenBy.forEach((one, at) => (one.sees = (['that', 'emergency', 'some', 'all', 'all'] as const)[at] ?? 'all'));
      }),
    );
    await user.click(await screen.findByText('Ria en Marleen zien dit ook.'));
    const about = (name: string) => screen.getByText(name).parentElement?.textContent;
    expect(about('Karin de Wit')).toContain('ziet alleen dát er iets is');
    expect(about('Jeroen Bakker')).toContain('kijkt alleen in nood');
    expect(about('Samira El Idrissi')).toContain('ziet alleen wat over een paar mensen gaat');
    expect(about('Ria Verhagen')).toContain('mag kijken');
    expect(await barriers()).toEqual([]);
  });

  it('does not say that somebody reads it who only knows that there is something', async () => {
    show('lisa', '', (program) =>
      program.elsewhere((state) => {
        state.seenBy.forEach((one) => (one.sees = 'that'));
      }),
    );
    expect(await screen.findByText('Alleen u leest dit. Anderen zien een klein deel.')).toBeTruthy();
    expect(screen.queryByText(/zien dit ook/)).toBeNull();
  });

  it('names who is connected, until they leave', async () => {
    const { program } = show('lisa');
    await screen.findByRole('checkbox', { name: LATE });
    await act(async () => program.tell({ event: 'peer', name: 'Karin de Wit', connected: true }));
    expect(screen.getByText('Verbonden met Karin')).toBeTruthy();
    await act(async () => program.tell({ event: 'peer', name: 'Karin de Wit', connected: false }));
    expect(screen.queryByText('Verbonden met Karin')).toBeNull();
  });

  it('has no barriers that axe can see, in either language', async () => {
    const { user } = show('lisa');
    await screen.findByRole('checkbox', { name: LATE });
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByText('Weergave'));
    await user.click(screen.getByRole('radio', { name: 'English' }));
    expect(screen.getByRole('heading', { level: 1, name: 'Good morning Lisa' })).toBeTruthy();
    expect(await barriers()).toEqual([]);
  });
});

it('axe does see a barrier when there is one', async () => {
  const input = document.createElement('input');
  document.body.append(input);
  const found = await barriers();
  input.remove();
  expect(found.join()).toContain('label');
});

describe('around a page', () => {
  it('says what to do when the program does not answer, and tries again', async () => {
    const { user } = show('lisa', '', (program) => (program.failNext = 'in_use'));
    expect((await screen.findByRole('alert')).textContent).toContain('Sluit het andere venster');
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Probeer het opnieuw' }));
    expect(await screen.findByRole('heading', { level: 1, name: /Lisa/ })).toBeTruthy();
  });

  it('refuses a program with another contract', async () => {
    show('lisa', '', (program) => (program.contract = 99));
    expect((await screen.findByRole('alert')).textContent).toContain('Installeer Keukentafel opnieuw.');
  });

  it('goes from page to page by keyboard, and the title takes the focus', async () => {
    const { user } = show('lisa');
    await screen.findByRole('heading', { level: 1, name: /Lisa/ });
    await user.tab();
    expect(document.activeElement?.textContent).toBe('Ga naar de inhoud');
    await user.keyboard('{Enter}');
    expect(document.activeElement?.id).toBe('main');
    expect(window.location.hash).toBe('');
    const link = screen.getByRole('link', { name: 'Plan' });
    link.focus();
    await user.keyboard('{Enter}');
    const title = await screen.findByRole('heading', { level: 1, name: 'Rust in huis en grip op geld' });
    await waitFor(() => expect(document.activeElement).toBe(title));
    expect(screen.getByRole('link', { name: 'Plan' }).getAttribute('aria-current')).toBe('page');
  });

  it('sets letters and colours, and remembers them', async () => {
    const { user } = show('lisa');
    await user.click(await screen.findByText('Weergave'));
    await user.click(screen.getByRole('radio', { name: 'Heel groot' }));
    await user.click(screen.getByRole('radio', { name: 'Donker' }));
    expect(document.documentElement.dataset).toMatchObject({ text: 'largest', theme: 'dark' });
    expect(JSON.parse(localStorage.getItem('keukentafel.display') ?? '{}')).toEqual({ language: 'nl', textSize: 'largest', theme: 'dark', lockAfter: '10', quickKey: 'on' });
  });

  it('lists the dossiers of a helper, strictly apart', async () => {
    const { user } = show('karin');
    expect(await screen.findByRole('heading', { level: 1, name: 'Uw dossiers' })).toBeTruthy();
    expect(screen.getByText('alleen dát er iets is')).toBeTruthy();
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByRole('link', { name: 'Het dossier van Lisa en haar gezin' }));
    expect(await screen.findByRole('heading', { level: 1, name: /Karin/ })).toBeTruthy();
    expect(screen.queryByText('Het dossier van Sam')).toBeNull();
    expect(within(row('Huisbezoek wijkteam')).getByText('Huisbezoek')).toBeTruthy();
    expect(await barriers()).toEqual([]);
  });
});
