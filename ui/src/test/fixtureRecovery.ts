/** What the program answers about backups, words and devices, in the invented household. */
import { BackendFault } from '../backend';
import type { DossierCard } from '../generated/DossierCard';
import type { Request } from '../generated/Request';

/** The words that every fixture knows. */
export const GOOD_WORDS = `${'abandon '.repeat(23)}art`;
/** Words of somebody else. */
export const OTHER_WORDS = `${'zoo '.repeat(23)}vote`;

const BACK: DossierCard = { id: 'd1a5', title: 'Het dossier van Lisa Verhagen', own: true, me: 'p-lisa', sections: [] };
const OTHER = { device: 'ab12cd34ef56ab12cd34ef56', here: false, last_seen: '2026-11-22T14:10:00+01:00' };
const HERE = { device: 'bb', here: true, last_seen: null };

/** The answer to a request of this area; none for any other. */
export function recoveryAnswer(request: Request): unknown {
  switch (request.method) {
    case 'backup_state':
      return { made: '2026-10-12T10:00:00+02:00', due: true, suggested: '/media/stick/keukentafel-2026-11-23.age' };
    case 'backup':
      return { file: 'keukentafel-2026-11-23.age', bytes: 812_345, made: '2026-11-23T09:00:00+01:00', dossiers: 1 };
    case 'recovery_check':
      if (request.params.words !== GOOD_WORDS) throw new BackendFault({ code: 'input_refused', detail: request.params.words === OTHER_WORDS ? 'other_words' : 'bad_words' });
      return { ids: [] };
    case 'recovery_split':
      return { needed: request.params.needed, shares: Array.from({ length: request.params.count }, (_, at) => `ks1voorbeeld${at + 1}abcdefghij234567abcdefghij234567`) };
    case 'restore':
      if (request.params.shares.length === 1) throw new BackendFault({ code: 'input_refused', detail: 'few_shares:2' });
      if (request.params.words === OTHER_WORDS) throw new BackendFault({ code: 'input_refused', detail: 'backup_other' });
      if (request.params.words !== null && request.params.words !== GOOD_WORDS) throw new BackendFault({ code: 'input_refused', detail: 'bad_words' });
      return { profile: { ...HERE, person: 'aa', name: 'Lisa Verhagen', organisation: null, function: null }, dossiers: request.params.backup !== null ? [BACK] : [], others: request.params.backup !== null ? [OTHER] : [] };
    case 'return':
      if (!request.params.ticket.startsWith('kr1')) throw new BackendFault({ code: 'input_refused', detail: 'unknown_return' });
      return { dossiers: [{ dossier: BACK, lacking: { private: true, sections: ['gezondheid', 'geld'] } }] };
    case 'return_ticket':
      return { ticket: 'kr1voorbeeldabcdefghij234567', qr: ['1010101', '0101010', '1011101', '0100010', '1011101', '0101010', '1010101'] };
    case 'begin_again':
      return { private: true, sections: ['gezondheid', 'geld'] };
    case 'devices':
      return [HERE, OTHER];
    case 'device_revoke':
      return [HERE];
    case 'passphrase_change':
      throw new BackendFault({ code: 'wrong_passphrase', detail: null });
    case 'dossier_remove':
      throw new BackendFault({ code: 'invalid', detail: 'no_backup' });
    default:
      return undefined;
  }
}
