/** The invented family of Lisa, put into sections as the program does it. */
import FAMILY from '../../../crates/dossier-exchange/data/demo-lisa.json';
import type { DossierCard } from '../generated/DossierCard';
import type { ItemView } from '../generated/ItemView';

type Fields = Record<string, unknown>;

/** Which section each key of the file belongs to. */
const SECTION: Readonly<Record<string, string>> = {
  household: 'netwerk', organisations: 'netwerk', people: 'netwerk', relations: 'netwerk', network: 'netwerk',
  story: 'verhaal', questions_asked: 'verhaal',
  strengths: 'plan', concerns: 'plan', earlier_help: 'plan', plan: 'plan', goals: 'plan', actions: 'plan', decisions: 'plan', facts: 'plan', assessments: 'plan',
  appointments: 'agenda', documents: 'documenten', requests: 'documenten',
  notes: 'verslagen', corrections: 'verslagen', outside_records: 'verslagen', disclosures: 'verslagen',
  crisis_plan: 'crisis', emergency_contacts: 'crisis',
  'health.conditions': 'gezondheid', 'health.allergies': 'gezondheid', 'health.medications': 'gezondheid',
  'money.income': 'geld', 'money.debts': 'geld',
};
export const FAMILY_NAMES: Readonly<Record<string, string>> = Object.fromEntries(FAMILY.people.map(({ id, name }) => [id, name]));
const VOICES = new Set(['notes', 'corrections']);

export const FAMILY_SECTIONS: DossierCard['sections'] = [
  ...['verhaal', 'plan', 'agenda', 'netwerk', 'gezondheid', 'geld', 'opvoeden', 'wonen', 'werk', 'verslagen', 'documenten', 'crisis'].map((id) => ({ id, label: null, right: 'own' as const, content: true })),
  { id: 'noor', label: 'Stukje van Noor', right: 'own' as const, content: true },
];

export function itemOf(section: string, kind: string, fields: Fields, own: boolean): ItemView {
  const text = (...keys: string[]) => keys.map((key) => fields[key]).find((value): value is string => typeof value === 'string') ?? null;
  const may = own && !VOICES.has(kind);
  return {
    id: text('id') ?? `${kind}-${JSON.stringify(fields).length}`,
    section,
    kind,
    fields,
    provenance: { author: text('author', 'created_by', 'speaker'), source: text('source', 'source_org'), date: text('date', 'created', 'received', 'sent') },
    may_change: may,
    may_remove: may,
    contribution: false,
    also_said: [],
  };
}

/** Every item of the file that a screen can show. */
export function familyItems(own: boolean): ItemView[] {
  const family = FAMILY as unknown as Record<string, unknown>;
  return Object.entries(SECTION).flatMap(([kind, section]) => {
    const held = kind.split('.').reduce<unknown>((value, key) => (value as Fields)[key], family);
    const list = Array.isArray(held) ? (held as unknown[]) : [held];
    return list.map((one, index) => {
      const fields = typeof one === 'object' && one !== null ? structuredClone(one as Fields) : { value: one };
      const place = typeof fields.section === 'string' ? fields.section : section;
      return itemOf(place, kind, { id: `${kind}-${index + 1}`, ...fields }, own);
    });
  });
}
