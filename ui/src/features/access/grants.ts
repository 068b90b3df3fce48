import type { ScopeView } from '../../generated/ScopeView';

/** What somebody may do in one section, as one choice. */
export const LEVELS = ['none', 'dat', 'zien', 'aanvullen', 'aanpassen'] as const;
export type Level = (typeof LEVELS)[number];
export type Levels = Readonly<Record<string, Level>>;

export function levelsOf(scopes: readonly ScopeView[]): Levels {
  return Object.fromEntries(scopes.map((scope) => [scope.section, scope.content ? (scope.level as Level) : 'dat']));
}

/** As the program reads them: `geld=zien:dat`. */
export function grantsOf(levels: Levels): string[] {
  return Object.entries(levels)
    .filter(([, level]) => level !== 'none')
    .map(([section, level]) => (level === 'dat' ? `${section}=zien:dat` : `${section}=${level}`));
}

/** Beginnings for a choice; each can be changed. What a stranger to the family first sees is plan and agenda. */
export const PRESETS = {
  near: { plan: 'zien', agenda: 'zien', crisis: 'zien' },
  helper: { plan: 'aanvullen', agenda: 'aanvullen', verslagen: 'aanvullen' },
  doctor: { gezondheid: 'aanvullen', agenda: 'aanvullen', plan: 'dat', crisis: 'zien' },
} as const satisfies Record<string, Levels>;
export type Preset = keyof typeof PRESETS;
