/**
 * What the screens need from the program behind them. Two transports carry it: the desktop window
 * (`tauri.ts`) and a local HTTP bridge (`http.ts`). Screens know neither.
 */
import type { AccessView } from '../generated/AccessView';
import type { Changed } from '../generated/Changed';
import type { Confirmed } from '../generated/Confirmed';
import type { DeliveryView } from '../generated/DeliveryView';
import type { DossierCard } from '../generated/DossierCard';
import type { Event } from '../generated/Event';
import type { Fault } from '../generated/Fault';
import type { Finding } from '../generated/Finding';
import type { InvitationCard } from '../generated/InvitationCard';
import type { Invited } from '../generated/Invited';
import type { Line } from '../generated/Line';
import type { PlanView } from '../generated/PlanView';
import type { ProfileMade } from '../generated/ProfileMade';
import type { ProposalView } from '../generated/ProposalView';
import type { Request } from '../generated/Request';
import type { Revoked } from '../generated/Revoked';
import type { SectionCard } from '../generated/SectionCard';
import type { SectionView } from '../generated/SectionView';
import type { Status } from '../generated/Status';
import type { TodayView } from '../generated/TodayView';
import type { Verified } from '../generated/Verified';
import type { Words } from '../generated/Words';

/** Version of the contract that these screens were built against; see `contract.rs`. */
export const CONTRACT = 1;

/** Which answer belongs to which request. */
interface AnswerByMethod {
  status: Status;
  unlock: Status;
  profile_create: ProfileMade;
  recovery_words: Words;
  dossier_new: DossierCard;
  today: TodayView;
  plan: PlanView;
  section: SectionView;
  section_new: SectionCard;
  item_add: Changed;
  item_set: Changed;
  item_remove: Changed;
  undo: Changed;
  note_add: Changed;
  note_react: Changed;
  invite: Invited;
  invitations: InvitationCard[];
  proposals: ProposalView[];
  invitation_end: Changed;
  confirm: Confirmed;
  access: AccessView;
  revoke: Revoked;
  change_access: Changed;
  log: Line[];
  verify: Verified;
  doctor: Finding[];
  sync_status: DeliveryView[];
}

/** The answer that a given request gets. A method without a row here does not compile at its call. */
export type Answer<R extends Request> = R['method'] extends keyof AnswerByMethod
  ? AnswerByMethod[R['method']]
  : never;

/** What a listener is told: an event, or that some events may have been missed. */
export interface Listener {
  event: (event: Event) => void;
  gap: () => void;
}

export interface Backend {
  /** Sends one request. Rejects with a [`BackendFault`]. */
  call<R extends Request>(request: R): Promise<Answer<R>>;
  /** Listens until the returned function is called. */
  listen(listener: Listener): () => void;
}

/** A fault as the program reported it, or as a transport had to. */
export class BackendFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.code);
    this.name = 'BackendFault';
    this.fault = fault;
  }
}

/** Reads whatever was thrown as a fault; anything unknown is `internal`. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof BackendFault) return thrown.fault;
  if (isFault(thrown)) return thrown;
  return { code: 'internal', detail: null };
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}
