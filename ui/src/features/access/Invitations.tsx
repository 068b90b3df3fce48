import { useState } from 'react';
import { Badge } from '../../components/Badge';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { QrPicture } from '../../components/QrPicture';
import { Title } from '../../components/Title';
import { faultOf } from '../../backend';
import type { DossierCard } from '../../generated/DossierCard';
import type { Event } from '../../generated/Event';
import type { InvitationCard } from '../../generated/InvitationCard';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { SavePaper } from '../paper/SavePaper';
import { firstName } from '../people/names';
import { useSteps } from '../shell/Steps';
import { ScopeWords } from './ScopeWords';
import { SpokenWords } from './SpokenWords';
import { useMoment } from './useMoment';

const affects = (event: Event) => event.event === 'joining' || event.event === 'joined' || event.event === 'changed';

export function useInvitations(dossier: DossierCard) {
  return useAnswer({ method: 'invitations', params: { dossier: dossier.id } }, affects);
}

/** One invitation, also when it is over. */
export function TheInvitation({ dossier, id }: { dossier: DossierCard; id: string }) {
  const answer = useInvitations(dossier);
  return answer.data ? <Invitations dossier={dossier} invitations={answer.data} only={id} onChanged={answer.refresh} /> : null;
}

/** What is out and what waits for the resident. */
export function Invitations({ dossier, invitations, only, onChanged }: { dossier: DossierCard; invitations: readonly InvitationCard[]; only?: string; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const shown = invitations.filter((one) => (only === undefined ? one.state === 'open' || one.state === 'joined' : one.id === only));
  if (shown.length === 0) return null;
  return (
    <section className="kt-kind" aria-labelledby="invitations">
      <Title level={2} id="invitations">
        {only === undefined ? t('access.invitations') : t('access.invitation')}
      </Title>
      <ul className="kt-list">
        {shown.map((one) => (
          <li key={one.id}>
            <Invitation dossier={dossier} invitation={one} open={only !== undefined} onChanged={onChanged} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Invitation({ dossier, invitation, open, onChanged }: { dossier: DossierCard; invitation: InvitationCard; open: boolean; onChanged: () => Promise<void> }) {
  const { t, dates } = useWords();
  const steps = useSteps();
  const moment = useMoment();
  const name = firstName(invitation.name);

  async function end() {
    if (await steps.take({ method: 'invitation_end', params: { dossier: dossier.id, id: invitation.id } }, t('access.invitation_ended', { name }), { undo: false })) await onChanged();
  }

  const ticket = invitation.ticket ? <Ticket dossier={dossier.id} id={invitation.id} ticket={invitation.ticket} qr={invitation.qr} name={name} wanted={open} /> : null;
  const offer = (
    <>
      <ScopeWords dossier={dossier} scopes={invitation.scopes} />
      {invitation.scopes.some((scope) => scope.from_now) ? <p className="kt-hint">{t('access.from_now')}</p> : null}
      {invitation.purpose ? (
        <p dir="auto">
          <strong>{t('access.why')}</strong> {invitation.purpose}
        </p>
      ) : null}
      <p className="kt-fact">
        <Icon name="calendar" />
        {invitation.until ? t('access.until', { day: dates.date(invitation.until) }) : t('access.no_end')}
      </p>
    </>
  );
  return (
    <article className="kt-card kt-item">
      <div className="kt-goal-top">
        <Title level={3} userText>
          {t('access.invitation_for', { name: invitation.name })}
        </Title>
        <Badge icon={invitation.state === 'joined' ? 'person' : invitation.state === 'granted' ? 'check' : 'clock'} tone={invitation.state === 'joined' ? 'accent' : invitation.state === 'granted' ? 'good' : 'plain'}>
          {t(`access.state_${invitation.state}` as Key)}
        </Badge>
      </div>
      {invitation.state === 'joined' ? (
        <>
          {invitation.joiner?.team ? (
            <p className="kt-fact">
              <Icon name="people" />
              <span dir="auto">{t('team.joins', { name: invitation.joiner.name, team: invitation.joiner.team })}</span>
            </p>
          ) : null}
          <Compare invitation={invitation} onChanged={onChanged} />
          <Fold summary={t('access.offer')}>{offer}</Fold>
        </>
      ) : invitation.state === 'open' && ticket ? (
        <>
          <p>
            {open ? `${t('access.give')} ` : null}
            {t('access.stay_open')}
          </p>
          {open ? ticket : <Fold summary={t('access.show_ticket')}>{ticket}</Fold>}
          <p className="kt-fact">
            <Icon name="clock" />
            {t('access.expires', { when: moment(invitation.expires) })}
          </p>
          <SavePaper paper="invitation" dossier={dossier.id} invitation={invitation.id}>
            {t('print.invitation')}
          </SavePaper>
          {open ? <Fold summary={t('access.offer')}>{offer}</Fold> : null}
        </>
      ) : (
        <p>{t(`access.is_${invitation.state}` as Key, { name })}</p>
      )}
      {invitation.state === 'open' || invitation.state === 'joined' ? (
        <div className="kt-tools">
          <Button purpose="subtle" icon="close" label={t(invitation.state === 'open' ? 'access.invitation_end_label' : 'access.turn_away_label', { name })} onClick={() => void end()}>
            {t(invitation.state === 'open' ? 'access.invitation_end' : 'access.turn_away')}
          </Button>
        </div>
      ) : null}
    </article>
  );
}

/** Three ways to give the same invitation. */
function Ticket({ dossier, id, ticket, qr, name, wanted }: { dossier: string; id: string; ticket: string; qr: readonly string[]; name: string; /** The words too, at once. */ wanted: boolean }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <div className="kt-ticket">
      <div>
        <Title level={4}>{t('access.near_title')}</Title>
        <p>{t('access.near', { name })}</p>
        <QrPicture rows={qr} label={t('access.qr', { name })} />
      </div>
      <div>
        <Title level={4}>{t('access.phone_title')}</Title>
        <SpokenWords dossier={dossier} id={id} name={name} wanted={wanted} />
      </div>
      <div>
        <Title level={4}>{t('access.message_title')}</Title>
        <p>{t('access.ticket_text')}</p>
        <p className="kt-code" translate="no">
          {ticket}
        </p>
        {navigator.clipboard ? (
          <Button icon={copied ? 'check' : 'letters'} onClick={() => void navigator.clipboard.writeText(ticket).then(() => setCopied(true), () => undefined)}>
            {t(copied ? 'access.copied' : 'access.copy')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** Somebody is there: the resident types the digits that the other reads out. They are not shown here, so that nobody skips the asking. */
function Compare({ invitation, onChanged }: { invitation: InvitationCard; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const backend = useBackend();
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState<Key | null>(null);
  const [busy, setBusy] = useState(false);
  const joiner = invitation.joiner;

  async function confirm() {
    const digits = code.replace(/\D/g, '');
    if (digits.length !== 12) {
      setWrong('access.code_length');
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      await backend.call({ method: 'confirm', params: { code: digits } });
    } catch (thrown) {
      const fault = faultOf(thrown);
      setWrong(fault.code === 'input_refused' ? 'access.code_wrong' : fault.code === 'not_found' ? 'access.code_nobody' : (`fault.${fault.code}` as Key));
    } finally {
      setBusy(false);
      await onChanged();
    }
  }

  return (
    <form
      className="kt-form"
      noValidate
      aria-label={t('access.compare')}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void confirm();
      }}
    >
      <Title level={4} userText>
        {t('access.is_there', { name: joiner?.name ?? invitation.name })}
      </Title>
      {joiner?.organisation || joiner?.function ? (
        <p className="kt-quiet" dir="auto">
          {[joiner.function, joiner.organisation].filter(Boolean).join(', ')}
        </p>
      ) : null}
      <p>{t('access.compare_how', { name: firstName(joiner?.name ?? invitation.name) })}</p>
      <Field label={t('access.code')} hint={t('access.code_hint')} error={wrong ? t(wrong) : null} required decimal spellCheck={false} value={code} onChange={setCode} />
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={busy}>
          {busy ? t('common.busy') : t('access.let_in', { name: firstName(joiner?.name ?? invitation.name) })}
        </Button>
      </div>
    </form>
  );
}
