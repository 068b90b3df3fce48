import { useState } from 'react';
import type { DossierCard } from '../../generated/DossierCard';
import type { SectionView } from '../../generated/SectionView';
import { touches, useAnswer } from '../../live/useAnswer';
import type { Desk } from '../edit/items';

const NO_CALLS: Desk['calls'] = [];
/** Sections that show telephone numbers of people. */
const NUMBERS_IN: readonly string[] = ['crisis'];

/** One section from live data. */
export function useSection(dossier: DossierCard, section: string) {
  return useAnswer({ method: 'section', params: { dossier: dossier.id, section } }, touches(dossier.id, NUMBERS_IN.includes(section) ? [section, 'netwerk'] : [section]));
}

/** The same desk for as long as nothing on it changes: what stands on a row of a long list is not drawn again for the rest. */
export function useDesk(dossier: DossierCard, view: SectionView | null, onChanged: () => Promise<void>): Desk | null {
  const next = view === null ? null : deskOf(dossier, view, onChanged);
  const [desk, setDesk] = useState(next);
  if (isSame(desk, next)) return desk;
  setDesk(next);
  return next;
}

function isSame(one: Desk | null, other: Desk | null): boolean {
  if (one === null || other === null) return one === other;
  return (Object.keys(other) as (keyof Desk)[]).every((key) => one[key] === other[key]);
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
    calls: view.calls ?? NO_CALLS,
    own: dossier.own,
    proposal: view.right === 'append',
    onChanged,
  };
}

export function mayAdd(view: SectionView): boolean {
  return view.right !== null && view.right !== 'read';
}
