/** What the program answers to somebody who was invited, in the invented household. */
import { BackendFault } from '../backend';
import type { JoinView } from '../generated/JoinView';
import type { OfferView } from '../generated/OfferView';
import type { Request } from '../generated/Request';

/** The only ticket that anybody hands out, and the words that fetch it. */
export const TICKET = 'kt1voorbeeldabcdefghij234567';
export const TICKET_WORDS = 'abandon amount liar amount expire adjust cage depart'.split(' ');

export const OFFER: OfferView = {
  id: 'b0b0',
  title: 'Rust in huis en grip op geld',
  owner: 'Lisa Verhagen',
  name: 'Karin de Wit',
  role: 'wijkteam',
  purpose: 'samen het plan bijhouden',
  until: '2027-05-24',
  scopes: [
    { section: 'plan', level: 'aanvullen', content: true },
    { section: 'geld', level: 'zien', content: false },
  ],
};

/** The other program, as far as an invited one hears it. */
export class FixtureInviter {
  /** Nobody answers. */
  away = false;
  /** How far the own answers are. */
  joins: JoinView[] = [];

  /** The answer to a request of this area; none for any other. */
  answer(request: Request): unknown {
    switch (request.method) {
      case 'joins':
        return this.joins;
      case 'ticket_words':
        return { words: TICKET_WORDS, addresses: ['192.168.1.20:51820'], minutes: 30 };
      case 'fetch_ticket':
        if (request.params.words !== TICKET_WORDS.join(' ')) throw new BackendFault({ code: 'input_refused', detail: 'words_other' });
        this.#reach();
        return { ticket: TICKET };
      case 'offer':
        if (request.params.ticket !== TICKET) throw new BackendFault({ code: 'input_refused', detail: 'no ticket' });
        this.#reach();
        return OFFER;
      case 'join': {
        const join: JoinView = { id: OFFER.id, dossier: 'd1a5', ticket: request.params.ticket, owner: OFFER.owner, state: 'waiting', code: '123456789012', reason: null };
        this.joins = [join];
        return join;
      }
      case 'join_end':
        this.joins = this.joins.filter((one) => one.id !== request.params.id);
        return { ids: [] };
      default:
        return undefined;
    }
  }

  #reach() {
    if (this.away) throw new BackendFault({ code: 'not_reachable', detail: null });
  }
}
