import { waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { barriers, row, screen, show, within } from '../../test/show';

const AGENDA = '#/d/d1a5/agenda';

it('lists what comes, with home visits standing out, and folds away what is over', async () => {
  show('lisa', AGENDA);
  await screen.findByText('Huisbezoek wijkteam');
  expect(screen.getAllByRole('heading', { level: 2 })[0]?.textContent).toBe('Overmorgen');
  expect(within(row('Huisbezoek wijkteam')).getByText('Bij u thuis')).toBeTruthy();
  expect(screen.getByText('1 afspraak die voorbij is').closest('details')?.open).toBe(false);
});

it('adds an appointment at a time of the Dutch clock', async () => {
  const { program, user } = show('lisa', AGENDA);
  await user.click(await screen.findByRole('button', { name: 'Nieuwe afspraak' }));
  await user.type(screen.getByLabelText('Wat is de afspraak?'), 'Koffie');
  await user.type(screen.getByLabelText('Dag'), '2');
  await user.type(screen.getByLabelText('Maand'), '12');
  await user.type(screen.getByLabelText('Van'), '25.00');
  await user.click(screen.getByRole('button', { name: 'Bewaar deze afspraak' }));
  expect(screen.getByText(/^Deze tijd bestaat niet\./)).toBeTruthy();
  expect(await barriers()).toEqual([]);
  await user.clear(screen.getByLabelText('Van'));
  await user.type(screen.getByLabelText('Van'), '14:30');
  await user.type(screen.getByLabelText('Tot'), '14.00');
  await user.click(screen.getByRole('button', { name: 'Bewaar deze afspraak' }));
  expect(screen.getByText(/^Het einde is vóór het begin\./)).toBeTruthy();
  await user.clear(screen.getByLabelText('Tot'));
  await user.type(screen.getByLabelText('Tot'), '15');
  await user.selectOptions(screen.getByLabelText(/^Waar is het\?/), 'thuis');
  await user.click(screen.getByRole('checkbox', { name: 'Ria Verhagen' }));
  await user.click(screen.getByRole('button', { name: 'Bewaar deze afspraak' }));
  await waitFor(() =>
    expect(program.asked).toContainEqual({
      method: 'item_add',
      params: {
        dossier: 'd1a5',
        section: 'agenda',
        kind: 'appointments',
        fields: { title: 'Koffie', start: '2026-12-02T14:30:00+01:00', end: '2026-12-02T15:00:00+01:00', location_kind: 'thuis', attendees: ['p-ria'], status: 'bevestigd', created_by: 'p-lisa' },
      },
    }),
  );
  expect(await screen.findByText('Koffie')).toBeTruthy();
});

it('moves an appointment and leaves the rest of it alone', async () => {
  const { program, user } = show('lisa', AGENDA);
  await user.click(await screen.findByRole('button', { name: 'Verander: Huisbezoek wijkteam' }));
  expect(screen.getByLabelText<HTMLInputElement>('Van').value).toBe('10.00');
  await user.clear(screen.getByLabelText('Van'));
  await user.type(screen.getByLabelText('Van'), '9.15');
  await user.click(screen.getByRole('button', { name: 'Bewaar' }));
  await waitFor(() => expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 'v-1', fields: { start: '2026-11-25T09:15:00+01:00' } } }));
});

it('cancels in one tap, and lets it go on after all', async () => {
  const { program, user } = show('lisa', AGENDA);
  await user.click(await screen.findByRole('button', { name: 'Zeg af: Huisbezoek gezinscoach' }));
  expect(await screen.findByText('Gaat niet door')).toBeTruthy();
  expect(program.asked).toContainEqual({ method: 'item_set', params: { dossier: 'd1a5', id: 'v-2', fields: { status: 'afgezegd' } } });
  await user.click(screen.getByRole('button', { name: 'Gaat toch door: Huisbezoek gezinscoach' }));
  await waitFor(() => expect(screen.queryByText('Gaat niet door')).toBeNull());
});

it('shows a week, also the next one', async () => {
  const { user } = show('lisa', AGENDA);
  await user.click(await screen.findByRole('radio', { name: 'Week' }));
  expect(screen.getByRole('heading', { level: 2, name: 'Week van 23 november 2026' })).toBeTruthy();
  expect(screen.getByRole('heading', { level: 3, name: 'ma 23 nov, vandaag' })).toBeTruthy();
  expect(screen.getAllByText('Kinderen bij Rik')).toHaveLength(3);
  expect(await barriers()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Week verder' }));
  expect(screen.getByText('Schuldhulp')).toBeTruthy();
  expect(screen.queryByText('Kinderen bij Rik')).toBeNull();
});
