/** Who looks along in the test household, what is out, and what happened. */
import type { AccessPerson } from '../generated/AccessPerson';
import type { DeliveryView } from '../generated/DeliveryView';
import type { InvitationCard } from '../generated/InvitationCard';
import type { Line } from '../generated/Line';
import type { ProposalView } from '../generated/ProposalView';
import type { StepView } from '../generated/StepView';
import type { ScopeView } from '../generated/ScopeView';

const scope = (section: string, level: string, content = true): ScopeView => ({ section, level, content });

export const ACCESS: AccessPerson[] = [
  {
    person: 'p-karin',
    principal: 'a1',
    name: 'Karin de Wit',
    role: 'wijkteam',
    organisation: 'Wijkteam De Lindeboom',
    purpose: 'het plan bijhouden',
    until: '2027-03-03',
    scopes: [scope('plan', 'aanpassen'), scope('agenda', 'aanpassen'), scope('verhaal', 'zien'), scope('geld', 'zien', false)],
    compared: true,
    ended: null,
  },
  { person: 'p-ria', principal: 'a2', name: 'Ria Verhagen', role: 'mantelzorger', organisation: null, purpose: 'helpen in huis', until: null, scopes: [scope('agenda', 'zien'), scope('plan', 'zien'), scope('crisis', 'zien')], compared: false, ended: null },
  { person: 'p-tim', principal: 'a3', name: 'Tim Groen', role: 'woningcorporatie', organisation: 'Waterstad Woonzorg', purpose: null, until: null, scopes: [], compared: true, ended: { confirmed: false, devices: [] } },
];

export const DELIVERIES: DeliveryView[] = [
  { person: 'p-karin', name: 'Karin de Wit', device: 'd1', delivered: 40, waiting: 0, connected: false, last_seen: '2026-11-22T14:10:00+01:00' },
  { person: 'p-ria', name: 'Ria Verhagen', device: 'd2', delivered: 12, waiting: 3, connected: true, last_seen: '2026-11-20T08:05:00+01:00' },
];

/** A pattern of the size that a ticket gives; no camera has to read it. */
const QR = Array.from({ length: 77 }, (_, y) => Array.from({ length: 77 }, (__, x) => ((x * 7 + y * 13 + ((x * y) % 5)) % 3 === 0 ? '1' : '0')).join(''));

export const INVITATION: InvitationCard = {
  id: 'b0b0',
  person: 'p-samira',
  name: 'Samira El Idrissi',
  role: 'schuldhulp',
  purpose: 'hulp bij de schulden',
  until: '2027-05-24',
  scopes: [scope('geld', 'aanvullen'), scope('agenda', 'aanvullen')],
  state: 'open',
  expires: '2026-11-30T09:00:00+01:00',
  ticket: 'keukentafel1exampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexampleexample',
  qr: QR,
  joiner: null,
};

export const INVITATIONS: InvitationCard[] = [
  { ...INVITATION, id: 'cafe', person: 'p-jeroen', name: 'Jeroen Bakker', role: 'jeugdhulp', state: 'joined', ticket: null, qr: [], joiner: { name: 'Jeroen Bakker', organisation: 'Jeugdhulp Kompasroos', function: 'gezinscoach' } },
  INVITATION,
];

export const PROPOSALS: ProposalView[] = [
  { person: 'p-anouk', name: 'Anouk Peters', role: 'school', purpose: 'hoe het op school gaat', until: '2027-07-01', scopes: [scope('opvoeden', 'aanvullen'), scope('agenda', 'zien')], only_about: null },
  { person: 'p-rik', name: 'Rik Stam', role: 'ouder_met_gezag', purpose: 'afspraken over de kinderen', until: null, scopes: [scope('agenda', 'zien')], only_about: [{ id: 'p-noor', name: 'Noor Stam' }] },
];

const line = (deed: Line['deed'], at: string, who: string, name: string, section: string | null, more: Partial<Line> = {}): Line => ({ deed, at, who, name, role: who === 'p-lisa' ? null : 'wijkteam', organisation: null, hat: null, section, objects: [], right: null, rule: null, reported: false, reason: null, ...more });

export const LOG: Line[] = [
  line('opened', '2026-11-23T08:15:00+01:00', 'p-karin', 'Karin de Wit', 'plan', { reported: true }),
  line('opened', '2026-11-23T08:16:00+01:00', 'p-karin', 'Karin de Wit', 'agenda', { reported: true }),
  line('opened', '2026-11-23T08:40:00+01:00', 'p-karin', 'Karin de Wit', 'plan', { reported: true }),
  line('added', '2026-11-22T14:10:00+01:00', 'p-karin', 'Karin de Wit', 'verslagen', { objects: ['n-1'] }),
  line('refused', '2026-11-22T11:00:00+01:00', 'p-ria', 'Ria Verhagen', 'geld', { reason: 'no_grant', role: 'mantelzorger' }),
  line('granted', '2026-09-03T10:00:00+01:00', 'p-lisa', 'Lisa Verhagen', null, { objects: ['p-karin'] }),
];

const LISA = { id: 'p-lisa', name: 'Lisa Verhagen' };
const KARIN = { id: 'p-karin', name: 'Karin de Wit' };
const step = (name: string, at: string, who: { id: string; name: string }, deed: StepView['deed'], fields: StepView['fields'], more: Partial<StepView> = {}): StepView => ({ step: name, at, who, role: null, organisation: null, right: 'eigenaar', deed, undoes: null, fields, ...more });

/** What became of a goal. */
export const HISTORY: StepView[] = [
  step('a1b2c3d4e5', '2026-11-02T09:00:00+01:00', LISA, 'added', [{ field: 'title', before: null, after: 'Ik weet wat ik kan uitgeven' }]),
  step('b1b2c3d4e5', '2026-11-10T14:05:00+01:00', KARIN, 'changed', [
    { field: 'title', before: 'Ik weet wat ik kan uitgeven', after: 'Ik weet elke week wat ik kan uitgeven' },
    { field: 'target_date', before: null, after: '2027-01-31' },
    { field: 'status', before: 'nieuw', after: 'gehaald' },
  ], { role: 'wijkteam', right: 'aanpassen' }),
  step('c1b2c3d4e5', '2026-11-20T20:15:00+01:00', LISA, 'put_back', [{ field: 'status', before: 'gehaald', after: 'nieuw' }], { undoes: 'b1b2c3d4e5' }),
];
