/**
 * What the screens need from the program behind them. The desktop window carries it (`tauri.ts`); a browser lends its
 * shell from `scripts/shell.js`. Screens know neither.
 */
import type { AccessView } from '../generated/AccessView';
import type { AttachmentView } from '../generated/AttachmentView';
import type { BackupMade } from '../generated/BackupMade';
import type { BackupState } from '../generated/BackupState';
import type { Changed } from '../generated/Changed';
import type { CheckList } from '../generated/CheckList';
import type { Confirmed } from '../generated/Confirmed';
import type { CorrectionView } from '../generated/CorrectionView';
import type { CrisisCard } from '../generated/CrisisCard';
import type { CrisisCardChoice } from '../generated/CrisisCardChoice';
import type { DeliveryView } from '../generated/DeliveryView';
import type { DeviceView } from '../generated/DeviceView';
import type { DossierCard } from '../generated/DossierCard';
import type { Drafts } from '../generated/Drafts';
import type { Event } from '../generated/Event';
import type { Exported } from '../generated/Exported';
import type { Fault } from '../generated/Fault';
import type { FetchedTicket } from '../generated/FetchedTicket';
import type { Finding } from '../generated/Finding';
import type { HistoryView } from '../generated/HistoryView';
import type { InvitationCard } from '../generated/InvitationCard';
import type { Invited } from '../generated/Invited';
import type { JoinView } from '../generated/JoinView';
import type { Lacking } from '../generated/Lacking';
import type { Line } from '../generated/Line';
import type { OfferView } from '../generated/OfferView';
import type { PlanView } from '../generated/PlanView';
import type { Printed } from '../generated/Printed';
import type { ProfileMade } from '../generated/ProfileMade';
import type { ProposalView } from '../generated/ProposalView';
import type { Request } from '../generated/Request';
import type { Restored } from '../generated/Restored';
import type { Returned } from '../generated/Returned';
import type { ReturnView } from '../generated/ReturnView';
import type { Revoked } from '../generated/Revoked';
import type { SectionCard } from '../generated/SectionCard';
import type { SectionView } from '../generated/SectionView';
import type { SharesMade } from '../generated/SharesMade';
import type { Status } from '../generated/Status';
import type { TeamAdded } from '../generated/TeamAdded';
import type { TeamAsked } from '../generated/TeamAsked';
import type { TeamAsking } from '../generated/TeamAsking';
import type { TeamMade } from '../generated/TeamMade';
import type { TeamView } from '../generated/TeamView';
import type { TicketWordsView } from '../generated/TicketWordsView';
import type { TodayView } from '../generated/TodayView';
import type { Undone } from '../generated/Undone';
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
  recovery_check: Changed;
  recovery_split: SharesMade;
  restore: Restored | null;
  backup: BackupMade | null;
  backup_state: BackupState;
  return_ticket: ReturnView;
  return: Returned | null;
  lacking: Lacking;
  begin_again: Lacking;
  devices: DeviceView[];
  device_revoke: DeviceView[];
  team: TeamView | null;
  team_new: TeamMade;
  team_words: Words;
  team_ask: TeamAsked;
  team_asking: TeamAsking;
  team_add: TeamAdded;
  team_join: TeamView;
  team_remove: TeamView;
  passphrase_change: Changed;
  dossier_remove: Changed;
  dossier_new: DossierCard;
  demo_load: DossierCard;
  today: TodayView;
  plan: PlanView;
  section: SectionView;
  section_new: SectionCard;
  item_add: Changed;
  item_set: Changed;
  item_remove: Changed;
  item_erase: Changed;
  undo: Undone;
  redo: Undone;
  note_add: Changed;
  note_react: Changed;
  invite: Invited;
  invitations: InvitationCard[];
  proposals: ProposalView[];
  invitation_end: Changed;
  ticket_words: TicketWordsView;
  fetch_ticket: FetchedTicket;
  confirm: Confirmed;
  offer: OfferView;
  join: JoinView;
  joins: JoinView[];
  join_end: Changed;
  access: AccessView;
  revoke: Revoked;
  change_access: Changed;
  history: HistoryView;
  look: DossierCard | TodayView | PlanView | SectionView;
  correction_ask: Changed;
  correction_answer: Changed;
  corrections: CorrectionView[];
  lock: Changed;
  drafts_keep: Changed;
  drafts_take: Drafts;
  emergency_open: Changed;
  emergencies: Line[];
  crisis_cards: CrisisCard[];
  crisis_card_chosen: CrisisCardChoice;
  crisis_card_choose: Changed;
  log: Line[];
  verify: Verified | null;
  doctor: Finding[];
  sync_status: DeliveryView[];
  print: Printed | null;
  print_stop: null;
  export_list: CheckList;
  export: Exported | null;
  export_stop: null;
  attach: AttachmentView | null;
  attachments: AttachmentView[];
  attachment_fetch: AttachmentView | null;
  attachment_save: Printed | null;
  work_stop: null;
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
