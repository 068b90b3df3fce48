/**
 * An invented household for tests and for looking at the screens: it answers requests from memory and
 * keeps no rules of its own. Nothing outside tests may import this file.
 */
import { BackendFault, type Backend, CONTRACT, type Listener } from '../backend';
import { ACCESS, DELIVERIES, HISTORY, INVITATION, INVITATIONS, LOG, PROPOSALS } from './fixtureAccess';
import { FixtureInviter } from './fixtureJoin';
import { FixtureTeam } from './fixtureTeam';
import { recoveryAnswer } from './fixtureRecovery';
import { FAMILY_NAMES, FAMILY_SECTIONS, familyItems, itemOf } from './fixtureFamily';
import type { AccessPerson } from '../generated/AccessPerson';
import type { ActionView } from '../generated/ActionView';
import type { AppointmentView } from '../generated/AppointmentView';
import type { AttachmentView } from '../generated/AttachmentView';
import type { CheckList } from '../generated/CheckList';
import type { CorrectionView } from '../generated/CorrectionView';
import type { CrisisCard } from '../generated/CrisisCard';
import type { DossierCard } from '../generated/DossierCard';
import type { Event } from '../generated/Event';
import type { FaultCode } from '../generated/FaultCode';
import type { GoalView } from '../generated/GoalView';
import type { InvitationCard } from '../generated/InvitationCard';
import type { ItemView } from '../generated/ItemView';
import type { Line } from '../generated/Line';
import type { Look } from '../generated/Look';
import type { NewsView } from '../generated/NewsView';
import type { OnlookerView } from '../generated/OnlookerView';
import type { PersonRef } from '../generated/PersonRef';
import type { ProfileView } from '../generated/ProfileView';
import type { Request } from '../generated/Request';
import type { RightView } from '../generated/RightView';

export const ANCHOR = '2026-11-23';
/** The program's clock; the browser's says something else. */
export const NOW = `${ANCHOR}T09:00:00+01:00`;

const NAMES: Record<string, string> = {
  'p-lisa': 'Lisa Verhagen',
  'p-noor': 'Noor Stam',
  'p-ria': 'Ria Verhagen',
  'p-rik': 'Rik Stam',
  'p-fatma': 'Fatma Yildiz',
  'p-joop': 'Joop Dekker',
  'p-karin': 'Karin de Wit',
  'p-jeroen': 'Jeroen Bakker',
  'p-samira': 'Samira El Idrissi',
  'p-marleen': 'Marleen Kuipers',
  'p-anouk': 'Anouk Peters',
};

const person = (id: string): PersonRef => ({ id, name: NAMES[id] ?? null });

function action(id: string, goal: string | null, text: string, who: string[], due: string | null, status: string, more: Partial<ActionView> = {}): ActionView {
  return { id, goal_id: goal, text, who: who.map(person), due, status, mine: false, may_change: true, contribution: false, also_said: [], ...more };
}

function goal(id: string, domain: string, title: string, why: string, measure: string, priority: number, target: string, status = 'bezig'): GoalView {
  return { id, title, why, measure, domain, status, priority, target_date: target, actions: [], may_change: true, also_said: [] };
}

function appointment(id: string, title: string, start: string, end: string, kind: string, location: string, organisation: string | null, attendees: string[]): AppointmentView {
  return { id, title, start, end, location_kind: kind, location, organisation, attendees: attendees.map(person), status: 'bevestigd', also_said: [] };
}

const GOALS: GoalView[] = [
  goal('g-1', 'financien', 'Ik weet elke week wat ik kan uitgeven', 'Dan durf ik de post weer open te maken.', 'Vier weken achter elkaar geen nieuwe schuld.', 1, '2027-01-31'),
  goal('g-2', 'huisvesting', 'Wij blijven in ons huis wonen', 'De kinderen hebben hier hun vrienden en hun school.', 'De huur van deze maand is op tijd betaald en de regeling loopt.', 1, '2026-12-31'),
  goal('g-3', 'huiselijke_relaties', 'Om kwart over acht de deur uit zonder ruzie', 'Dan begint de dag goed voor ons allemaal.', 'Vier van de vijf schooldagen zonder schreeuwen.', 2, '2026-12-18'),
  goal('g-7', 'dagbesteding', 'Noor heeft een rustige plek voor huiswerk', 'Dat wil Noor zelf.', 'Er staat een bureau op een rustige plek.', 3, '2026-10-31', 'gehaald'),
];

const ACTIONS: ActionView[] = [
  action('t-1', 'g-1', 'Alle post van deze maand openmaken en op stapels leggen', ['p-lisa', 'p-joop'], '2026-11-30', 'bezig', {
    also_said: [{ field: 'due', values: ['2026-12-03'] }],
  }),
  action('t-2', 'g-1', 'Lijst maken van alle schulden', ['p-samira'], '2026-10-30', 'klaar'),
  action('t-3', 'g-1', 'Aanvragen of de zorgtoeslag klopt', ['p-samira', 'p-lisa'], '2026-11-13', 'open'),
  action('t-4', 'g-2', 'Regeling voor de huurschuld afspreken met Waterstad Woonzorg', ['p-samira'], '2026-10-15', 'klaar'),
  action('t-5', 'g-2', 'Elke maand voor de 5e de huur betalen', ['p-lisa'], '2026-12-05', 'bezig'),
  action('t-6', 'g-3', 'Avond van tevoren tassen en kleren klaarleggen', ['p-lisa', 'p-noor'], '2026-12-18', 'bezig'),
  action('t-7', 'g-3', 'Mila op maandag en woensdag naar school brengen', ['p-fatma'], '2026-12-18', 'bezig'),
  action('t-8', 'g-3', 'Twee ochtenden meekijken en tips geven', ['p-jeroen'], '2026-11-27', 'gepland', { contribution: true }),
  action('t-10', null, 'Uitzoeken of er een cursus beter slapen is', [], '2026-12-04', 'open'),
  action('t-13', 'g-7', 'Bureau ophalen bij de kringloop', ['p-ria', 'p-noor'], '2026-10-17', 'klaar'),
];

const APPOINTMENTS: AppointmentView[] = [
  appointment('v-1', 'Huisbezoek wijkteam', '2026-11-25T10:00:00+01:00', '2026-11-25T11:00:00+01:00', 'thuis', 'Kastanjehof 12', 'Wijkteam De Lindeboom', ['p-lisa', 'p-karin']),
  appointment('v-4', 'Gesprek op school over Daan', '2026-11-25T14:45:00+01:00', '2026-11-25T15:30:00+01:00', 'school', 'Basisschool De Klapekster', 'Basisschool De Klapekster', ['p-lisa', 'p-anouk', 'p-jeroen']),
  appointment('v-2', 'Huisbezoek gezinscoach', '2026-11-26T09:30:00+01:00', '2026-11-26T10:30:00+01:00', 'thuis', 'Kastanjehof 12', 'Jeugdhulp Kompasroos', ['p-lisa', 'p-jeroen']),
  appointment('v-3', 'Praktijkondersteuner', '2026-11-26T10:00:00+01:00', '2026-11-26T10:30:00+01:00', 'praktijk', 'Huisartsenpraktijk Zonnedauw', 'Huisartsenpraktijk Zonnedauw', ['p-lisa', 'p-marleen']),
  appointment('v-7', 'Kinderen bij Rik', '2026-11-27T17:00:00+01:00', '2026-11-29T18:00:00+01:00', 'elders', 'bij Rik', null, ['p-noor', 'p-rik']),
  appointment('v-5', 'Schuldhulp', '2026-12-01T11:00:00+01:00', '2026-12-01T12:00:00+01:00', 'kantoor', 'Schuldhulp Baken', 'Schuldhulp Baken', ['p-lisa', 'p-samira']),
];

const NEWS: NewsView[] = [
  {
    id: 'n-1',
    author: person('p-karin'),
    date: '2026-11-22',
    plain: 'Ik was bij Lisa thuis. De geldzorgen zijn erger door een brief over de zorgverzekering. Lisa wil er iets aan doen.',
    original: 'HB afgelegd. Financiële problematiek geëscaleerd i.v.m. dreigende wanbetalersregeling ZVW.',
  },
  { id: 'n-3', author: person('p-samira'), date: '2026-11-18', plain: null, original: 'Inventarisatie voltooid; VTLB herberekend.' },
];

const onlooker = (id: string, role: string, right: RightView): OnlookerView => ({ name: NAMES[id] ?? id, role, sees: 'all', right });
const SEEN_BY: OnlookerView[] = [
  onlooker('p-karin', 'wijkteam', 'edit'),
  onlooker('p-jeroen', 'jeugdhulp', 'append'),
  onlooker('p-samira', 'schuldhulp', 'append'),
  onlooker('p-ria', 'mantelzorger', 'read'),
  onlooker('p-marleen', 'praktijkondersteuner', 'append'),
];

const LISA_CARD: DossierCard = { id: 'd1a5', title: 'Het dossier van Lisa en haar gezin', own: true, me: 'p-lisa', sections: FAMILY_SECTIONS };

const CORRECTIONS: CorrectionView[] = [
  { id: 'co-1', note: 'n-1', author: person('p-karin'), asked_by: person('p-lisa'), asked: '2026-11-20', wrong: 'Ik heb de brief zelf al opengemaakt.', wish: 'Lisa maakte de brief zelf open.', until: '2026-12-20', late: false, state: 'open', answer: null, answered: null, mine: false },
  { id: 'co-2', note: 'n-3', author: person('p-samira'), asked_by: person('p-lisa'), asked: '2026-10-01', wrong: 'Het bedrag klopt niet.', wish: null, until: '2026-11-01', late: true, state: 'open', answer: null, answered: null, mine: false },
];
const CRISIS_CARD: CrisisCard = {
  name: 'Lisa Verhagen',
  calls: [
    { name: 'Ria Verhagen', phone: '06 00 00 01 03', hours: null },
    { name: '112', phone: '112', hours: 'bij direct gevaar' },
  ],
  early_signs: ['Ik slaap twee nachten niet'],
  what_helps: ['Even naar buiten met Fatma'],
  what_not: ['Niet met vier mensen tegelijk praten'],
  children: 'De kinderen gaan naar oma Ria.',
  medical: 'Lisa kan niet tegen penicilline.',
  updated: '2026-09-08',
};

export type Household = 'lisa' | 'karin' | 'empty';

interface State {
  people: AccessPerson[];
  corrections: CorrectionView[];
  invitations: InvitationCard[];
  items: ItemView[];
  log: Line[];
  profile: ProfileView | null;
  dossiers: DossierCard[];
  goals: GoalView[];
  actions: ActionView[];
  appointments: AppointmentView[];
  news: NewsView[];
  seenBy: OnlookerView[];
}

function stateOf(household: Household): State {
  const profile = (name: string): ProfileView => ({ person: 'aa', device: 'bb', name, organisation: null, function: null });
  if (household === 'empty') return { profile: null, dossiers: [], goals: [], actions: [], appointments: [], news: [], seenBy: [], corrections: [], people: [], invitations: [], items: [], log: [] };
  const full = { goals: GOALS, actions: ACTIONS, appointments: APPOINTMENTS, news: NEWS, seenBy: SEEN_BY, corrections: CORRECTIONS.map((one) => ({ ...one, mine: household === 'karin' && one.author.id === 'p-karin' && one.state === 'open' })), people: ACCESS, invitations: INVITATIONS, items: familyItems(household === 'lisa'), log: LOG };
  if (household === 'lisa') return structuredClone({ ...full, profile: profile('Lisa Verhagen'), dossiers: [LISA_CARD] });
  const sections: DossierCard['sections'] = [
    { id: 'plan', label: null, right: 'edit', content: true },
    { id: 'agenda', label: null, right: 'edit', content: true },
    { id: 'geld', label: null, right: 'read', content: false },
    { id: 'verslagen', label: null, right: 'append', content: true },
  ];
  return structuredClone({
    ...full,
    profile: profile('Karin de Wit'),
    dossiers: [
      { ...LISA_CARD, own: false, me: 'p-karin', sections },
      { id: '5a40', title: 'Het dossier van Sam', own: false, me: 'p-karin', sections: sections.slice(0, 1) },
    ],
  });
}

/** Sets fields by their paths (`a.b`), as the program does. */
function setFields(fields: Record<string, unknown>, changed: Readonly<Record<string, unknown>>) {
  for (const [path, value] of Object.entries(changed)) {
    const keys = path.split('.');
    const last = keys.pop() ?? path;
    let place = fields;
    for (const key of keys) place = (place[key] ??= {}) as Record<string, unknown>;
    place[last] = structuredClone(value);
  }
}

/** A program in memory. */
export class FixtureProgram implements Backend {
  /** When set, the home folder is shut and this opens it. */
  passphrase: string | null = null;
  /** The passphrase that locking asks for. */
  lockedBy = 'drie stoelen';
  #drafts: { [key in string]?: string } = {};
  #cards: CrisisCard[] = [];
  /** The digits that the other reads out. */
  code = '123456789012';
  #state: State;
  #before: State[] = [];
  /** What was taken back. */
  #after: State[] = [];
  readonly #listeners = new Set<Listener>();
  /** Whoever invited this reader. */
  readonly inviter = new FixtureInviter();
  /** The team of this reader's computer. */
  readonly team = new FixtureTeam();
  /** Every request so far, newest last. */
  readonly asked: Request[] = [];
  /** When set, the next call fails with this code. */
  failNext: FaultCode | null = null;
  contract = CONTRACT;

  constructor(household: Household) {
    this.#state = stateOf(household);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(event: Event) {
    for (const listener of this.#listeners) listener.event(event);
  }

  /** What somebody else changed: applied, and told. */
  elsewhere(change: (state: State) => void, sections: string[] = ['plan', 'agenda']) {
    change(this.#state);
    this.tell({ event: 'changed', dossier: this.#state.dossiers[0]?.id ?? '', sections });
  }

  // The answer's type follows from the request's; one switch cannot show that to the compiler.
  async call(request: Request): Promise<never> {
    this.asked.push(request);
    if (this.failNext && request.method !== 'drafts_keep') {
      const code = this.failNext;
      this.failNext = null;
      throw new BackendFault({ code, detail: null });
    }
    return structuredClone(this.#answer(request)) as never;
  }

  #change(change: () => string[], sections: string[] = []): { ids: string[] } {
    this.#before.push(structuredClone(this.#state));
    this.#after = [];
    const ids = change();
    queueMicrotask(() => this.tell({ event: 'changed', dossier: this.#state.dossiers[0]?.id ?? '', sections }));
    return { ids };
  }

  /** The same pages as one's own, of another reader: nothing can be written there. */
  #look({ through, page }: Look): unknown {
    const dossier = this.#state.dossiers[0]?.id ?? '';
    if (through.as === 'moment' && page.page === 'card') return { ...LISA_CARD, sections: FAMILY_SECTIONS.map((one) => ({ ...one, right: 'read' })) };
    if (page.page === 'card') {
      return { ...LISA_CARD, own: false, me: 'p-karin', sections: FAMILY_SECTIONS.filter((one) => ['plan', 'agenda', 'geld'].includes(one.id)).map((one) => ({ ...one, right: 'read', content: one.id !== 'geld' })) };
    }
    if (page.page === 'show') return {};
    const answer = this.#answer(page.page === 'section' ? { method: 'section', params: { dossier, section: page.section } } : { method: page.page, params: { dossier } });
    return JSON.parse(JSON.stringify(answer), (key, value: unknown) => (key === 'may_change' || key === 'may_remove' ? false : key === 'right' ? 'read' : value));
  }

  #answer(request: Request): unknown {
    const state = this.#state;
    if (this.passphrase !== null) {
      if (request.method === 'crisis_cards') return this.#cards;
      if (request.method !== 'unlock') throw new BackendFault({ code: 'locked', detail: 'passphrase' });
      if (request.params.passphrase !== this.passphrase) throw new BackendFault({ code: 'wrong_passphrase', detail: null });
      this.passphrase = null;
    }
    const own = state.dossiers[0]?.own ?? false;
    const me = state.dossiers[0]?.me ?? null;
    const mine = (one: ActionView) => ({ ...one, mine: one.who.some((who) => who.id === me) });
    switch (request.method) {
      case 'status':
      case 'unlock':
        return { contract: this.contract, today: '2026-11-23', profile: state.profile, dossiers: state.dossiers };
      case 'profile_create':
        state.profile = { person: 'aa', device: 'bb', ...request.params };
        return { profile: state.profile };
      case 'dossier_new': {
        const card: DossierCard = { id: 'd0e1', title: `Dossier van ${state.profile?.name}`, own: true, me: 'p-me', sections: [] };
        state.dossiers.push(card);
        return card;
      }
      case 'recovery_words':
        return { words: RECOVERY, age_secret_key: 'AGE-SECRET-KEY-1EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE' };
      case 'today':
        return {
          date: ANCHOR,
          now: NOW,
          name: state.profile?.name.split(' ')[0] ?? '',
          appointments: state.appointments,
          my_actions: state.actions
            .map(mine)
            .filter((one) => one.mine && one.status !== 'klaar')
            .sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9')),
          news: state.news,
          seen_by: state.seenBy,
        };
      case 'plan':
        return {
          date: ANCHOR,
          title: state.goals.length > 0 ? 'Rust in huis en grip op geld' : null,
          wish: state.goals.length > 0 ? 'Wij blijven in ons huis wonen. Er is rust in de ochtend. Ik weet elke week wat ik kan uitgeven.' : null,
          goals: state.goals.map((one) => ({ ...one, actions: state.actions.map(mine).filter((step) => step.goal_id === one.id) })),
          loose_actions: state.actions.map(mine).filter((step) => step.goal_id === null),
          right: state.dossiers[0]?.own ? 'own' : 'edit',
          seen_by: state.seenBy,
        };
      case 'item_set':
        return this.#change(() => {
          for (const one of [...state.actions, ...state.goals]) {
            if (one.id !== request.params.id) continue;
            Object.assign(one, request.params.fields);
            one.also_said = one.also_said.filter((said) => !(said.field in request.params.fields));
          }
          for (const item of state.items) if (item.id === request.params.id) setFields(item.fields, request.params.fields);
          return [request.params.id];
        });
      case 'item_add':
        return this.#change(() => {
          const fields = request.params.fields as Record<string, string & string[]>;
          const id = `new-${state.actions.length + state.goals.length + state.items.length}`;
          state.items.push(itemOf(request.params.section, request.params.kind, { ...structuredClone(request.params.fields), id }, own));
          if (request.params.kind === 'goals') state.goals.push({ ...goal(id, '', fields.title ?? '', '', '', 9, ''), status: 'nieuw', domain: null, measure: null, target_date: null, why: fields.why ?? null });
          else if (request.params.kind === 'actions') state.actions.push(action(id, fields.goal_id ?? null, fields.text ?? '', fields.who ?? [], fields.due ?? null, 'open'));
          return [id];
        });
      case 'undo':
        if (this.#before.length === 0) throw new BackendFault({ code: 'not_found', detail: 'undo' });
        this.#after.push(state);
        this.#state = this.#before.pop() ?? state;
        queueMicrotask(() => this.tell({ event: 'changed', dossier: this.#state.dossiers[0]?.id ?? '', sections: [] }));
        return { ids: [], left: this.#before.length, next: null, again: this.#after.length };
      case 'redo':
        if (this.#after.length === 0) throw new BackendFault({ code: 'not_found', detail: 'redo' });
        this.#before.push(state);
        this.#state = this.#after.pop() ?? state;
        queueMicrotask(() => this.tell({ event: 'changed', dossier: this.#state.dossiers[0]?.id ?? '', sections: [] }));
        return { ids: [], left: this.#before.length, next: null, again: this.#after.length };
      case 'section': {
        const { section } = request.params;
        if (!state.dossiers[0]?.sections.some((one) => one.id === section)) throw new BackendFault({ code: 'not_allowed', detail: section });
        return {
          id: section,
          date: ANCHOR,
          items: state.items.filter((item) => item.section === section),
          people: Object.entries({ ...FAMILY_NAMES, ...NAMES }).map(([id, name]) => ({ id, name })),
          organisations: state.items.filter((item) => item.kind === 'organisations').map((item) => ({ id: item.id, name: String(item.fields.name) })),
          calls: section === 'crisis' ? CRISIS_CARD.calls : [],
          right: own ? 'own' : 'append',
          seen_by: state.seenBy,
        };
      }
      case 'dossier_remove':
        if (state.dossiers.find((one) => one.id === request.params.dossier)?.own) return recoveryAnswer(request);
        return this.#change(() => {
          state.dossiers = state.dossiers.filter((one) => one.id !== request.params.dossier);
          return [];
        });
      case 'section_new': {
        const section = { id: 's-1', label: request.params.label, right: 'own', content: true } as const;
        state.dossiers[0]?.sections.push(section);
        return section;
      }
      case 'item_remove':
      case 'item_erase':
        return this.#change(() => {
          state.items = state.items.filter((item) => item.id !== request.params.id);
          state.goals = state.goals.filter((one) => one.id !== request.params.id);
          state.actions = state.actions.filter((one) => one.id !== request.params.id);
          return [request.params.id];
        });
      case 'note_add':
        return this.#change(() => [request.params.text]);
      case 'note_react':
        return this.#change(() => {
          const note = state.items.find((item) => item.id === request.params.note);
          (note?.fields.reactions as unknown[] | undefined)?.push({ by: me, date: ANCHOR, text: request.params.text, verdict: request.params.verdict });
          return [request.params.note];
        });
      case 'access':
        return { people: state.people, invitations: [] };
      case 'invitations':
        return state.invitations;
      case 'proposals':
        return PROPOSALS;
      case 'sync_status':
        return DELIVERIES;
      case 'revoke': {
        const left = state.people.find((one) => one.person === request.params.person);
        if (left) Object.assign(left, { scopes: [], ended: { confirmed: false, devices: [] } });
        return { person: request.params.person, sections: [], devices: 1 };
      }
      case 'change_access':
        return { ids: [request.params.person] };
      case 'invite': {
        const made: InvitationCard = { ...INVITATION, id: 'f00d', person: request.params.person ?? 'p-new', name: request.params.name ?? '', purpose: request.params.purpose, until: request.params.until };
        state.invitations.unshift(made);
        return { ticket: made.ticket, id: made.id, expires: made.expires, person: made.person, scopes: made.scopes };
      }
      case 'invitation_end':
        for (const one of state.invitations) if (one.id === request.params.id) Object.assign(one, { state: 'burnt', ticket: null, qr: [] });
        return { ids: [] };
      case 'confirm': {
        const waiting = state.invitations.find((one) => one.state === 'joined');
        if (!waiting) throw new BackendFault({ code: 'not_found', detail: 'joiner' });
        const right = request.params.code === this.code;
        waiting.state = right ? 'granted' : 'burnt';
        queueMicrotask(() => this.tell({ event: 'joined', ticket: waiting.id, person: right ? waiting.person : null }));
        if (!right) throw new BackendFault({ code: 'input_refused', detail: 'wrong_code' });
        return { person: waiting.person };
      }
      case 'corrections':
        return state.corrections;
      case 'correction_ask':
        return this.#change(() => {
          const { note, wrong, wish } = request.params;
          const author = state.items.find((item) => item.id === note)?.fields.author as string;
          state.corrections.unshift({ id: `co-${state.corrections.length + 1}`, note, author: person(author), asked_by: person(me ?? ''), asked: ANCHOR, wrong, wish, until: '2026-12-23', late: false, state: 'open', answer: null, answered: null, mine: false });
          return [note];
        }, ['verslagen']);
      case 'correction_answer':
        return this.#change(() => {
          const { correction, done, text } = request.params;
          for (const one of state.corrections) if (one.id === correction) Object.assign(one, { state: done ? 'done' : 'refused', answer: text || null, answered: ANCHOR, mine: false });
          return [correction];
        }, ['verslagen']);
      case 'lock':
        this.#drafts = request.params.drafts;
        this.passphrase = this.lockedBy;
        return { ids: [] };
      case 'drafts_keep':
        this.#drafts = request.params.drafts;
        return { ids: [] };
      case 'drafts_take': {
        const drafts = this.#drafts;
        this.#drafts = {};
        return { drafts };
      }
      case 'emergencies':
        return state.log.filter((line) => line.deed === 'broke_glass');
      case 'emergency_open':
        return this.#change(() => {
          for (const section of state.dossiers[0]?.sections ?? []) if (section.id === request.params.section) delete section.gate;
          return [request.params.section];
        });
      case 'crisis_cards':
        return this.#cards;
      case 'crisis_card_chosen':
        return { on: this.#cards.length > 0 };
      case 'crisis_card_choose':
        this.#cards = request.params.on ? [CRISIS_CARD] : [];
        return { ids: [] };
      case 'log':
        return state.log;
      case 'history':
        return { id: request.params.id, section: 'plan', kind: 'goals', steps: HISTORY };
      case 'look':
        return this.#look(request.params);
      case 'verify':
        return { ok: true, faults: [], items: 214, compartments: [] };
      case 'doctor':
        return [
          { check: 'database', state: 'ok', detail: null },
          { check: 'clean_stop', state: 'note', detail: null },
          { check: 'peers', state: 'ok', detail: '3' },
          { check: 'clock', state: 'ok', detail: NOW },
        ];
      case 'print':
        return { file: `${request.params.paper}.pdf`, bytes: 48_213 };
      case 'export_list':
        return LEAVING;
      case 'export':
        queueMicrotask(() => this.tell({ event: 'exporting', percent: 90 }));
        return {
          folder: 'keukentafel-dossier',
          files: [
            { name: 'dossier.json', bytes: 96_400, sha256: 'aa' },
            { name: 'dossier.pdf', bytes: 1_240_000, sha256: 'bb' },
          ],
          list: LEAVING,
        };
      case 'attachments':
        return ATTACHMENTS;
      case 'attachment_fetch':
        throw new BackendFault({ code: 'not_reachable', detail: 'attachment_elsewhere' });
      case 'attachment_save':
        return { file: 'brief.pdf', bytes: 48_213 };
      case 'attach':
        return this.#change(() => []) && { ...ATTACHMENTS[0], name: 'foto.jpg' };
      case 'work_stop':
      case 'print_stop':
      case 'export_stop':
        return null;
      case 'restore': {
        const answer = recoveryAnswer(request);
        state.profile = { person: 'aa', device: 'bb', name: 'Lisa Verhagen', organisation: null, function: null };
        return answer;
      }
      default: {
        const answer = recoveryAnswer(request) ?? this.inviter.answer(request) ?? this.team.answer(request);
        // What no screen asks for.
        if (answer === undefined) throw new BackendFault({ code: 'not_found', detail: null });
        return answer;
      }
    }
  }
}

const ATTACHMENTS: AttachmentView[] = [
  { id: 'aa', item: 'doc-1', name: 'brief.pdf', kind: 'pdf', honest: true, bytes: 48_213, here: true, coming: false, by: null },
  { id: 'bb', item: 'doc-1', name: 'foto.png', kind: 'other', honest: false, bytes: 1_200, here: false, coming: false, by: 'Karin de Wit' },
];

const LEAVING: CheckList = {
  items: 214,
  sections: [
    { id: 'plan', label: null, items: 58 },
    { id: 'noor', label: 'Van Noor', items: 1 },
    { id: '', label: null, items: 44 },
  ],
  lines: 31,
  attachments: 2,
  elsewhere: 1,
};

export const RECOVERY =
  'table chair spoon kettle window garden apple river stone paper candle letter bridge winter summer orange pencil carpet silver basket butter marble helmet forest'.split(' ');
