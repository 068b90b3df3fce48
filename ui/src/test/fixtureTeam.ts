/** The team of the invented household: who is in it, who asks. */
import { BackendFault } from '../backend';
import type { Request } from '../generated/Request';
import type { TeamView } from '../generated/TeamView';

const KARIN = { device: 'ab12cd34', name: 'Karin de Wit', here: true };
const JOOST = { device: 'cd34ef56', name: 'Joost Vermeer', here: false };

/** As Karin looks after it. */
export const TEAM: TeamView = { team: 'f0f0', name: 'Wijkteam Noord', manages: true, members: [KARIN, JOOST] };

/** What a colleague sends, and which digits they read out. */
export const TEAM_REQUEST = 'kv1voorbeeldabcdefghij234567';
export const TEAM_CODE = '210987654321';
/** What goes back. */
export const TEAM_ANSWER = 'ka1voorbeeldabcdefghij234567';

export class FixtureTeam {
  team: TeamView | null = null;

  /** The answer to a request of this area; none for any other. */
  answer(request: Request): unknown {
    switch (request.method) {
      case 'team':
        return this.team;
      case 'team_new':
        this.team = { ...TEAM, name: request.params.name, members: [KARIN] };
        return { team: this.team, words: { words: Array.from({ length: 24 }, () => 'abandon'), age_secret_key: 'AGE-SECRET-KEY-VOORBEELD' } };
      case 'team_words':
        return { words: Array.from({ length: 24 }, () => 'abandon'), age_secret_key: 'AGE-SECRET-KEY-VOORBEELD' };
      case 'team_ask':
        return { text: TEAM_REQUEST, code: TEAM_CODE };
      case 'team_asking':
        if (request.params.text.trim() !== TEAM_REQUEST) throw new BackendFault({ code: 'input_refused', detail: 'this is not a whole ticket' });
        return { name: 'Fatma Yildiz' };
      case 'team_add':
        if (request.params.code !== TEAM_CODE) throw new BackendFault({ code: 'input_refused', detail: 'wrong_code' });
        this.team = { ...TEAM, members: [KARIN, JOOST, { device: 'ef56ab12', name: 'Fatma Yildiz', here: false }] };
        return { text: TEAM_ANSWER, team: this.team };
      case 'team_join':
        if (request.params.text.trim() !== TEAM_ANSWER) throw new BackendFault({ code: 'input_refused', detail: 'team_other_device' });
        this.team = { ...TEAM, manages: false };
        return this.team;
      case 'team_remove':
        if (this.team) this.team = { ...this.team, members: this.team.members.filter((one) => one.device !== request.params.device) };
        return this.team;
      default:
        return undefined;
    }
  }
}
