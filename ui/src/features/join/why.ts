import type { Fault } from '../../generated/Fault';
import type { Key } from '../../i18n/catalogue';

const REASONS: Readonly<Record<string, Key>> = {
  unknown_ticket: 'join.why_unknown',
  expired_ticket: 'join.why_expired',
  used_ticket: 'join.why_used',
  refused_ticket: 'join.why_refused',
};

/** Why an invitation was turned away, and what to do. */
export function whyRefused(reason: string | null): Key {
  return REASONS[reason ?? ''] ?? 'join.why_refused';
}

/** Why an invitation could not be looked at, and what to do. */
export function whyNot(fault: Fault): Key {
  if (fault.code === 'not_reachable') return 'join.why_unreachable';
  if (fault.code === 'input_refused') return REASONS[fault.detail ?? ''] ?? 'join.why_unreadable';
  if (fault.code === 'invalid') return fault.detail === 'own dossier' ? 'join.why_own' : 'join.why_offline';
  return `fault.${fault.code}` as Key;
}

/** Why eight words brought no invitation. */
export function whyNotWords(fault: Fault): Key {
  if (fault.code === 'not_reachable') return 'join.words_nobody';
  if (fault.code === 'input_refused') return 'join.words_wrong';
  return whyNot(fault);
}
