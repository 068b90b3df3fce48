import { expect, it } from 'vitest';
import { barriers, screen, show } from '../test/show';

it('lets no text in that is too long to keep, says by how much, and forgets it at the next letter', async () => {
  const { user } = show('lisa', '#/d/d1a5/plan');
  await user.click(await screen.findByRole('button', { name: 'Nieuw doel' }));
  const field = screen.getByLabelText<HTMLTextAreaElement>(/^Waarom is dat belangrijk/);
  await user.click(field);
  await user.paste('Om te slapen.');
  await user.paste('x'.repeat(200_000));
  expect(field.value).toBe('Om te slapen.');
  expect(screen.getByRole('alert').textContent).toContain('Dit is 13 tekens te lang om te plakken. Er passen 200.000 tekens in.');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(await barriers()).toEqual([]);
  await user.keyboard('!');
  expect(field.value).toBe('Om te slapen.!');
  expect(screen.queryByRole('alert')).toBeNull();
});
