import { useState } from 'react';
import { faultOf } from '../../backend';
import { focusNextTitle, PageTitle } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { JoinView } from '../../generated/JoinView';
import type { ProfileView } from '../../generated/ProfileView';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { Live } from '../shell/Live';
import { CardStep } from './CardStep';
import { another, type Draft } from './draft';
import { PersonStep } from './PersonStep';
import { TicketStep } from './TicketStep';
import { WaitStep } from './WaitStep';

export { EMPTY } from './draft';

interface Props {
  profile: ProfileView | null;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  /** The person was made. */
  onPerson: () => Promise<void>;
  /** The dossier that was opened to this person. */
  onDone: (dossier: string) => void;
}

/** Who I am → the invitation → what it offers, and my card → the code that both compare. */
export function JoinPage({ profile, draft, onDraft, onPerson, onDone }: Props) {
  const { t } = useWords();
  const backend = useBackend();
  const answer = useAnswer({ method: 'joins' }, (event) => event.event === 'answer');
  const [fault, setFault] = useState<Fault | null>(null);

  if (profile === null) return <PersonStep onMade={onPerson} />;

  async function send(ticket: string, card: Draft) {
    setFault(null);
    const work = card.work ?? profile?.organisation != null;
    const text = (value: string | null) => value?.trim() || null;
    try {
      await backend.call({
        method: 'join',
        params: {
          ticket,
          name: text(card.name),
          organisation: work ? text(card.organisation) : null,
          function: work ? text(card.function) : null,
          ...(card.team ? { as_team: true } : {}),
          answers: work ? Object.fromEntries(Object.entries(card.answers).filter(([, said]) => said.trim() !== '')) : {},
        },
      });
      focusNextTitle();
      await answer.refresh();
    } catch (thrown) {
      setFault(faultOf(thrown));
    }
  }
  async function putAway(join: JoinView) {
    await backend.call({ method: 'join_end', params: { id: join.id } }).catch(() => undefined);
    await answer.refresh();
  }

  return (
    <Live answer={answer}>
      {(joins) => {
        const join = joins.find((one) => one.id === draft.offer?.id) ?? joins[0];
        if (join) {
          return (
            <WaitStep
              key={join.id}
              join={join}
              fault={fault}
              onAgain={() => send(join.ticket, draft)}
              onOther={async () => {
                focusNextTitle();
                onDraft(another(draft));
                await putAway(join);
              }}
              onOpen={async () => {
                await putAway(join);
                onDone(join.dossier);
              }}
            />
          );
        }
        if (draft.offer) {
          return (
            <CardStep
              profile={profile}
              offer={draft.offer}
              draft={draft}
              fault={fault}
              onDraft={onDraft}
              onBack={() => {
                focusNextTitle();
                onDraft({ ...draft, offer: null });
              }}
              onSend={() => send(draft.ticket, draft)}
            />
          );
        }
        return (
          <>
            <PageTitle key="ticket">{t('join.title')}</PageTitle>
            <TicketStep draft={draft} onDraft={onDraft} />
          </>
        );
      }}
    </Live>
  );
}

