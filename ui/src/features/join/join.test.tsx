import { act, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { OFFER, TICKET, TICKET_WORDS } from '../../test/fixtureJoin';
import type { FixtureProgram } from '../../test/fixtures';
import { barriers, screen, show } from '../../test/show';
import { beginningWith, wordMeant, wordsIn } from './words';

const word = (number: number) => screen.getByLabelText<HTMLInputElement>(`Woord ${number}`);
const typed = () => Array.from({ length: 8 }, (_, at) => word(at + 1).value);
const asked = (program: FixtureProgram, method: string) => program.asked.filter((request) => request.method === method);
const go = 'Lees de uitnodiging';

async function atTheWords(prepare?: (program: FixtureProgram) => void) {
  const shown = show('karin', '#/join', prepare);
  await shown.user.click(await screen.findByLabelText('Acht woorden'));
  return shown;
}

describe('the invitation', () => {
  it('asks for the name of somebody new, then for the invitation', async () => {
    const { program, user } = show('empty', '#/join');
    await screen.findByRole('heading', { level: 1, name: 'Ik ben uitgenodigd' });
    await user.click(screen.getByRole('button', { name: 'Verder' }));
    expect(document.activeElement).toBe(screen.getByLabelText('Hoe heet u?'));
    expect(await barriers()).toEqual([]);
    await user.type(screen.getByLabelText('Hoe heet u?'), 'Karin de Wit{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: 'Lees de uitnodiging' })).toBe(document.activeElement);
    expect(asked(program, 'profile_create')).toHaveLength(1);
    expect(await barriers()).toEqual([]);
  });

  it('says what is wrong with a text, and keeps it', async () => {
    const { user } = show('karin', '#/join');
    await user.click(await screen.findByRole('button', { name: go }));
    expect(screen.getByText(/^Plak hier eerst de uitnodiging\./)).toBeTruthy();
    const field = screen.getByLabelText<HTMLTextAreaElement>('Plak hier de tekst van de uitnodiging');
    await user.type(field, 'kt1half');
    await user.click(screen.getByRole('button', { name: go }));
    expect(await screen.findByText(/^Dit is geen hele uitnodiging\./)).toBeTruthy();
    expect([field.value, document.activeElement]).toEqual(['kt1half', field]);
  });

  it('shows what is offered, sends the card, and shows the code to read out', async () => {
    const { program, user } = show('karin', '#/join');
    await user.type(await screen.findByLabelText('Plak hier de tekst van de uitnodiging'), ` ${TICKET.slice(0, 9)} ${TICKET.slice(9)} `);
    await user.click(screen.getByRole('button', { name: go }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Lisa vraagt u om mee te kijken' })).toBe(document.activeElement);
    expect(screen.getByText(OFFER.title)).toBeTruthy();
    expect(screen.getByText('Alleen dát er iets is').closest('li')?.textContent).toContain('Geld');
    expect(screen.queryByLabelText(/^Waar werkt u/)).toBeNull();
    await user.click(screen.getByLabelText('Door mijn werk'));
    await user.type(screen.getByLabelText(/^Waar werkt u/), 'Wijkteam');
    await user.type(screen.getByRole('textbox', { name: /Wat gaat u doen/ }), 'Ik kijk mee.');
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Stuur mijn antwoord' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Lees de code voor' })).toBe(document.activeElement);
    expect(screen.getByRole('group', { name: 'Uw code' }).textContent).toBe('123456789012');
    expect(asked(program, 'join')).toEqual([{ method: 'join', params: { ticket: TICKET, name: null, organisation: 'Wijkteam', function: null, answers: { WAT: 'Ik kijk mee.' } } }]);
    expect(await barriers()).toEqual([]);
  });
});

describe('how the answer ends', () => {
  async function waiting() {
    const shown = show('karin', '#/join', (program) => void program.call({ method: 'join', params: { ticket: TICKET, name: null, organisation: null, function: null, answers: {} } }));
    await screen.findByRole('heading', { level: 1, name: 'Lees de code voor' });
    const further = (change: Partial<FixtureProgram['inviter']['joins'][number]>) =>
      act(async () => {
        Object.assign(shown.program.inviter.joins[0] ?? {}, change);
        shown.program.tell({ event: 'answer', ticket: OFFER.id });
      });
    return { ...shown, further };
  }

  it('opens the dossier after the yes', async () => {
    const { user, further } = await waiting();
    await further({ state: 'granted' });
    expect((await screen.findByText(/^Lisa heeft ja gezegd\./)).getAttribute('role')).toBe('status');
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Open het dossier' }));
    await waitFor(() => expect(window.location.hash).toBe('#/d/d1a5/today'));
  });

  it('says why it was refused, and goes back to an empty field', async () => {
    const { user, further } = await waiting();
    await further({ state: 'refused', reason: 'expired_ticket' });
    expect((await screen.findByRole('alert')).textContent).toContain('Deze uitnodiging is te oud.');
    await user.click(screen.getByRole('button', { name: 'Probeer een andere uitnodiging' }));
    expect((await screen.findByLabelText<HTMLTextAreaElement>('Plak hier de tekst van de uitnodiging')).value).toBe('');
  });

  it('sends the same answer again when nobody is heard any more', async () => {
    const { program, user, further } = await waiting();
    await further({ state: 'cut_off' });
    expect((await screen.findByRole('alert')).textContent).toContain('Uw antwoord is bewaard.');
    expect(await barriers()).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Probeer het opnieuw' }));
    await screen.findByRole('heading', { level: 1, name: 'Lees de code voor' });
    expect(asked(program, 'join').map((request) => request.method === 'join' && request.params.ticket)).toEqual([TICKET, TICKET]);
  });
});

describe('eight words', () => {
  it('come one by one, completed from four letters, by the keyboard alone', async () => {
    const { program, user } = await atTheWords();
    await user.click(word(1));
    await user.keyboard(TICKET_WORDS.map((one) => one.slice(0, 4)).join(' '));
    expect(typed()).toEqual([...TICKET_WORDS.slice(0, 7), 'depa']);
    expect(document.activeElement).toBe(word(8));
    expect(await barriers()).toEqual([]);
    await user.keyboard('{Enter}');
    await screen.findByRole('heading', { level: 1, name: 'Lisa vraagt u om mee te kijken' });
    expect(asked(program, 'fetch_ticket')).toEqual([{ method: 'fetch_ticket', params: { words: TICKET_WORDS.join(' '), hints: [] } }]);
    expect(asked(program, 'offer')).toEqual([{ method: 'offer', params: { ticket: TICKET } }]);
  });

  it('come all at once, as somebody wrote them down', async () => {
    const { user } = await atTheWords();
    await user.type(word(3), 'aban');
    await user.click(word(3));
    await user.paste(TICKET_WORDS.map((one, at) => `${at + 1}. ${one.toUpperCase()}`).join('\n'));
    expect(typed()).toEqual(TICKET_WORDS);
    expect(document.activeElement).toBe(word(8));
  });

  it('come in the place of the text', async () => {
    const { user } = show('karin', '#/join');
    await user.click(await screen.findByLabelText('Plak hier de tekst van de uitnodiging'));
    await user.paste(TICKET_WORDS.join(' '));
    await user.click(screen.getByRole('button', { name: go }));
    expect(typed()).toEqual(TICKET_WORDS);
  });

  it('says which word is not on the list, and which is missing', async () => {
    const { program, user } = await atTheWords();
    await user.click(word(1));
    await user.keyboard('abandon tafel liar stoel expire ');
    expect(screen.getByRole('alert').textContent).toContain('De woorden 2 en 4 staan niet op de lijst.');
    expect([word(2), word(4)].map((one) => one.getAttribute('aria-invalid'))).toEqual(['true', 'true']);
    expect(word(1).getAttribute('aria-invalid')).toBeNull();
    expect(await barriers()).toEqual([]);
    await user.clear(word(4));
    await user.type(word(4), 'amount');
    expect(screen.getByRole('alert').textContent).toContain('Woord 2 staat niet op de lijst.');
    await user.clear(word(2));
    await user.type(word(2), 'amount');
    await user.click(screen.getByRole('button', { name: go }));
    expect(screen.getByRole('alert').textContent).toContain('Er missen nog woorden.');
    expect(document.activeElement).toBe(word(6));
    expect(asked(program, 'fetch_ticket')).toEqual([]);
  });

  it('says that one is another word, and keeps all of them', async () => {
    const { user } = await atTheWords();
    await user.click(word(1));
    await user.paste(TICKET_WORDS.with(2, 'lion').join(' '));
    await user.click(screen.getByRole('button', { name: go }));
    expect((await screen.findByText('Eén van de woorden klopt niet. Vraag de ander om ze nog eens te lezen.'))).toBeTruthy();
    expect(typed()).toEqual(TICKET_WORDS.with(2, 'lion'));
  });

  it('says in words what to do when nobody answers, and takes an address', async () => {
    const { program, user } = await atTheWords((one) => void (one.inviter.away = true));
    await user.click(word(1));
    await user.paste(TICKET_WORDS.join(' '));
    await user.click(screen.getByRole('button', { name: go }));
    expect(await screen.findByText('Er geeft niemand antwoord op deze woorden.')).toBeTruthy();
    expect(screen.getByText(/^Staat Keukentafel bij de ander open/)).toBeTruthy();
    expect(await barriers()).toEqual([]);
    program.inviter.away = false;
    await user.click(screen.getByText('Lukt het niet, in hetzelfde huis?'));
    await user.type(screen.getByLabelText(/^Het adres bij de woorden/), '192.168.1.20:51820');
    await user.click(screen.getByRole('button', { name: go }));
    await screen.findByRole('heading', { level: 1, name: 'Lisa vraagt u om mee te kijken' });
    expect(asked(program, 'fetch_ticket').at(-1)).toEqual({ method: 'fetch_ticket', params: { words: TICKET_WORDS.join(' '), hints: ['192.168.1.20:51820'] } });
  });

  it('fetch once: what they brought is kept for another try', async () => {
    const { program, user } = await atTheWords();
    await user.click(word(1));
    await user.paste(TICKET_WORDS.join(' '));
    const call = program.call.bind(program);
    program.call = async (request) => {
      const answer = await call(request);
      if (request.method === 'fetch_ticket') program.inviter.away = true;
      return answer;
    };
    await user.click(screen.getByRole('button', { name: go }));
    expect(await screen.findByText(/^Wij kunnen de ander niet bereiken\./)).toBeTruthy();
    program.inviter.away = false;
    await user.click(screen.getByRole('button', { name: go }));
    await screen.findByRole('heading', { level: 1, name: 'Lisa vraagt u om mee te kijken' });
    expect(asked(program, 'fetch_ticket')).toHaveLength(1);
  });

  it('waits no longer than somebody wants to', async () => {
    const { program, user } = await atTheWords();
    await user.click(word(1));
    await user.paste(TICKET_WORDS.join(' '));
    const call = program.call.bind(program);
    let answer: (() => void) | undefined;
    program.call = (request) => (request.method === 'offer' ? new Promise<never>((done) => (answer = () => done(call(request)))) : call(request));
    await user.click(screen.getByRole('button', { name: go }));
    await user.click(await screen.findByRole('button', { name: 'Stop hiermee' }));
    await waitFor(() => expect(answer).toBeDefined());
    await act(async () => answer?.());
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Lees de uitnodiging');
    expect(typed()).toEqual(TICKET_WORDS);
  });

  it('are read as the program reads them', () => {
    expect(wordsIn('1. Abandon,\n2. AMOUNT - liar')).toEqual(['abandon', 'amount', 'liar']);
    expect(['aban', 'Abandon ', 'able', 'ab', 'zoo', 'tafel', ''].map(wordMeant)).toEqual(['abandon', 'abandon', 'able', null, 'zoo', null, null]);
    expect(beginningWith('ab')).toContain('about');
    expect(beginningWith('a')).toHaveLength(8);
  });
});
