import type { DossierCard } from '../../generated/DossierCard';
import type { ScopeView } from '../../generated/ScopeView';

/** What somebody may do in one section, as one choice. */
export const LEVELS = ['none', 'dat', 'nood', 'zien', 'aanvullen', 'aanpassen', 'beheren'] as const;
/** Writing without reading: kept for who has it, and offered to nobody else. */
const BLIND = ['aanvullen:dat', 'aanpassen:dat'] as const;
export type Level = (typeof LEVELS)[number] | (typeof BLIND)[number];
export type Levels = Readonly<Record<string, Level>>;

/** Every level, the smallest first. */
export const ALL_LEVELS: readonly Level[] = ['none', 'dat', ...BLIND, 'nood', 'zien', 'aanvullen', 'aanpassen', 'beheren'];

/** Parts in which this reader lets people in: the resident everywhere, a representative in what they look after. */
export function admits(dossier: DossierCard): DossierCard['sections'] {
  return dossier.own ? dossier.sections : dossier.sections.filter((section) => section.manages === true);
}

export function levelsOf(scopes: readonly ScopeView[]): Levels {
  return Object.fromEntries(scopes.map(({ section, level, content, emergency }) => [section, (emergency ? 'nood' : content ? level : level === 'zien' ? 'dat' : `${level}:dat`) as Level]));
}

/** As the program reads them: `geld=zien:dat`, `crisis=zien:nood`. */
export function grantsOf(levels: Levels): string[] {
  return Object.entries(levels)
    .filter(([, level]) => level !== 'none')
    .map(([section, level]) => (level === 'dat' || level === 'nood' ? `${section}=zien:${level}` : `${section}=${level}`));
}

/** Beginnings for a choice; each can be changed. What a stranger to the family first sees is plan and agenda. */
export const PRESETS = {
  near: { plan: 'zien', agenda: 'zien', crisis: 'zien' },
  helper: { plan: 'aanvullen', agenda: 'aanvullen', verslagen: 'aanvullen' },
  doctor: { gezondheid: 'aanvullen', agenda: 'aanvullen', plan: 'dat', crisis: 'zien' },
} as const satisfies Record<string, Levels>;
export type Preset = keyof typeof PRESETS;
