import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { App } from '../App';
import { FixtureProgram, type Household } from './fixtures';

/** Opens the screens over a test household, as a person would see them. */
export function show(household: Household, hash = '', prepare: (program: FixtureProgram) => void = () => undefined) {
  window.location.hash = hash;
  const program = new FixtureProgram(household);
  prepare(program);
  const user = userEvent.setup();
  return { program, user, ...render(<App backend={program} />) };
}

/** What axe finds wrong on the page. Colours are left to the browser lane: here nothing is painted. */
export async function barriers(): Promise<string[]> {
  const found = await axe.run(document.body, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'color-contrast': { enabled: false } },
  });
  return found.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html}`));
}

/** The row of one step of the plan. */
export function row(text: string): HTMLElement {
  const found = screen.getByText(text).closest('li');
  if (!found) throw new Error(`no row for ${text}`);
  return found;
}

export { screen, within };
