import type { DossierCard } from '../../generated/DossierCard';
import type { SectionView } from '../../generated/SectionView';
import { touches, useAnswer } from '../../live/useAnswer';
import type { Desk } from '../edit/items';

/** Sections that show telephone numbers of people. */
const NUMBERS_IN: readonly string[] = ['crisis'];

/** One section from live data. */
export function useSection(dossier: DossierCard, section: string) {
  return useAnswer({ method: 'section', params: { dossier: dossier.id, section } }, touches(dossier.id, NUMBERS_IN.includes(section) ? [section, 'netwerk'] : [section]));
}

/** Where the forms of a section write to. */
export function deskOf(dossier: DossierCard, view: SectionView, onChanged: () => Promise<void>): Desk {
  return {
    dossier: dossier.id,
    section: view.id,
    me: dossier.me,
    today: view.date,
    people: view.people,
    organisations: view.organisations,
    calls: view.calls ?? [],
    own: dossier.own,
    proposal: view.right === 'append',
    onChanged,
  };
}

export function mayAdd(view: SectionView): boolean {
  return view.right !== null && view.right !== 'read';
}
