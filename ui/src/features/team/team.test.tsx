import { waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { TEAM, TEAM_ANSWER, TEAM_CODE, TEAM_REQUEST } from '../../test/fixtureTeam';
import { TICKET } from '../../test/fixtureJoin';
import { barriers, screen, show } from '../../test/show';

const SAFETY = '#/d/d1a5/safety';
const inTeam = (program: { team: { team: typeof TEAM | null } }) => void (program.team.team = TEAM);

it('asks nothing about teams of a resident, and folds it away for a helper', async () => {
  const lisa = show('lisa', SAFETY);
  await screen.findByText('Uw dossier is goed bewaard.');
  await waitFor(() => expect(lisa.program.asked.some((request) => request.method === 'team')).toBe(true));
  expect(screen.queryByRole('heading', { name: 'Mijn team' })).toBeNull();
  lisa.unmount();
  show('karin', SAFETY);
  const fold = (await screen.findByText('Werkt u in een team?')).closest('details');
  expect(fold?.open).toBe(false);
});

it('asks for a place in a team, and takes it', async () => {
  const { program, user } = show('karin', SAFETY);
  await user.click(await screen.findByText('Werkt u in een team?'));
  await user.click(screen.getByRole('button', { name: 'Ik wil in een team' }));
  expect(await screen.findByText(TEAM_REQUEST)).toBeTruthy();
  expect(screen.getByRole('group', { name: 'Cijfers voor het team' }).textContent).toBe(TEAM_CODE);
  const answer = screen.getByLabelText('De tekst die u terugkrijgt');
  await user.type(answer, 'ka1iets');
  await user.click(screen.getByRole('button', { name: 'Ga in het team' }));
  expect(await screen.findByText(/^Deze tekst is voor een andere computer\./)).toBeTruthy();
  await user.clear(answer);
  await user.type(answer, TEAM_ANSWER);
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Ga in het team' }));
  expect(await screen.findByText('Wijkteam Noord')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'team_join', params: { text: TEAM_ANSWER } });
  expect(screen.queryByRole('button', { name: /uit het team$/ })).toBeNull();
});

it('takes in a colleague whose digits are right', async () => {
  const { program, user } = show('karin', SAFETY, inTeam);
  await user.click(await screen.findByText('Neem een collega op'));
  const text = screen.getByLabelText('De tekst van uw collega');
  await user.type(text, 'kv1half');
  await user.click(screen.getByRole('button', { name: 'Lees de tekst' }));
  expect(await screen.findByText(/^Dit is geen hele tekst\./)).toBeTruthy();
  await user.clear(text);
  await user.type(text, TEAM_REQUEST);
  await user.click(screen.getByRole('button', { name: 'Lees de tekst' }));
  expect(await screen.findByText(/^Fatma Yildiz vraagt om in het team te komen\./)).toBeTruthy();
  const digits = screen.getByLabelText('De cijfers die u hoort');
  await user.type(digits, '1');
  await user.click(screen.getByRole('button', { name: 'Neem Fatma Yildiz op' }));
  expect(await screen.findByText(/^Deze cijfers kloppen niet\./)).toBeTruthy();
  await user.clear(digits);
  await user.type(digits, TEAM_CODE);
  await user.click(screen.getByRole('button', { name: 'Neem Fatma Yildiz op' }));
  expect(await screen.findByText(TEAM_ANSWER)).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'team_add', params: { text: TEAM_REQUEST, code: TEAM_CODE } });
  expect(await screen.findByText('Fatma Yildiz')).toBeTruthy();
  expect(await barriers()).toEqual([]);
});

it('says what happens before a colleague is taken out', async () => {
  const { program, user } = show('karin', SAFETY, inTeam);
  await user.click(await screen.findByRole('button', { name: 'Haal Joost Vermeer uit het team' }));
  expect(screen.getByText(/^Joost Vermeer ziet dan niets meer namens het team\./)).toBeTruthy();
  expect(program.asked.some((request) => request.method === 'team_remove')).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Ja, haal Joost Vermeer uit het team' }));
  await waitFor(() => expect(screen.queryByText('Joost Vermeer')).toBeNull());
  expect(program.asked).toContainEqual({ method: 'team_remove', params: { device: 'cd34ef56' } });
});

it('makes a team and shows its words at once', async () => {
  const { program, user } = show('karin', SAFETY);
  await user.click(await screen.findByText('Werkt u in een team?'));
  await user.click(screen.getByText('Ik maak een team'));
  await user.type(screen.getByLabelText('Hoe heet het team?'), 'Wijkteam Zuid');
  await user.click(screen.getByRole('button', { name: 'Maak het team' }));
  await waitFor(() => expect(screen.getAllByText('abandon')).toHaveLength(24));
  expect(program.asked).toContainEqual({ method: 'team_new', params: { name: 'Wijkteam Zuid' } });
});

it('answers an invitation for the whole team', async () => {
  const { program, user } = show('karin', '#/join', inTeam);
  await user.type(await screen.findByLabelText('Plak hier de tekst van de uitnodiging'), TICKET);
  await user.click(screen.getByRole('button', { name: 'Lees de uitnodiging' }));
  await user.click(await screen.findByLabelText('Voor mijn team: Wijkteam Noord'));
  expect(screen.getByText(/^Uw collega's kunnen dan ook meekijken\./)).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Stuur mijn antwoord' }));
  await screen.findByRole('heading', { level: 1, name: 'Lees de code voor' });
  expect(program.asked.find((request) => request.method === 'join')?.params).toMatchObject({ as_team: true });
});

it('shows the resident the names behind a team, before and after the yes', async () => {
  show('lisa', '#/d/d1a5/access', (program) =>
    program.elsewhere((state) => {
      Object.assign(state.people[0] ?? {}, { name: 'Wijkteam Noord', team: [{ device: 'a', name: 'Karin de Wit' }, { device: 'b', name: 'Joost Vermeer' }] });
      Object.assign(state.invitations[0] ?? {}, { joiner: { name: 'Jeroen Bakker', organisation: null, function: null, team: 'Jeugdteam' } });
    }),
  );
  expect(await screen.findByText('Namens het team: Karin de Wit en Joost Vermeer')).toBeTruthy();
  expect(screen.getByText(/^Jeroen Bakker antwoordt namens Jeugdteam\./)).toBeTruthy();
});

it('lets a representative choose only the parts that they look after, and nobody else a representative', async () => {
  const { user } = show('karin', '#/d/d1a5/invite', (program) =>
    program.elsewhere((state) => {
      const plan = state.dossiers[0]?.sections.find((one) => one.id === 'plan');
      Object.assign(plan ?? {}, { manages: true });
    }),
  );
  const plan = await screen.findByLabelText<HTMLSelectElement>('Ons plan');
  expect([...plan.options].map((option) => option.value)).not.toContain('beheren');
  expect(plan.closest('fieldset')?.querySelectorAll('select')).toHaveLength(1);
  await user.selectOptions(plan, 'zien');
  expect(screen.queryByRole('button', { name: /^Kijk/ })).toBeNull();
  expect(await barriers()).toEqual([]);
});

it('says what managing means before it is given, and whom somebody let in before they are stopped', async () => {
  const { user } = show('lisa', '#/d/d1a5/access', (program) =>
    program.elsewhere((state) => {
      Object.assign(state.people[0] ?? {}, { let_in: [{ id: 'p-samira', name: 'Samira El Idrissi' }] });
      Object.assign(state.people[1] ?? {}, { let_in_by: [{ id: 'p-karin', name: 'Karin de Wit' }] });
    }),
  );
  const ria = (await screen.findByText('Binnengelaten door Karin de Wit')).closest('article');
  expect(ria && within(ria).getByText('Ria Verhagen')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Stop: Karin kijkt niet meer mee' }));
  expect(screen.getByText(/^Karin liet deze mensen binnen: Samira El Idrissi\. Zij blijven meekijken\./)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Toch niet' }));
  await user.click(screen.getByRole('button', { name: 'Verander wat Karin mag' }));
  expect(screen.queryByText(/^Beheren: deze persoon/)).toBeNull();
  await user.selectOptions(screen.getByLabelText('Geld'), 'beheren');
  expect(screen.getByText(/^Beheren: deze persoon mag hier schrijven\./)).toBeTruthy();
  expect(await barriers()).toEqual([]);
});
