import { type SubmitEvent, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { PageTitle, Title } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { OfferView } from '../../generated/OfferView';
import type { ProfileView } from '../../generated/ProfileView';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { ScopeWords } from '../access/ScopeWords';
import { firstName } from '../people/names';
import { useTeam } from '../team/Team';
import { type Draft, type Question, QUESTIONS } from './draft';
import { whyNot } from './why';

const ASKED: Record<Question, { label: Key; hint: Key }> = {
  WIE: { label: 'join.q_wie', hint: 'join.q_wie_hint' },
  WAT: { label: 'join.q_wat', hint: 'join.q_wat_hint' },
  WELKE: { label: 'join.q_welke', hint: 'join.q_welke_hint' },
  WAAR: { label: 'join.q_waar', hint: 'join.q_waar_hint' },
  MET_WIE: { label: 'join.q_met_wie', hint: 'join.q_met_wie_hint' },
  WAAROM: { label: 'join.q_waarom', hint: 'join.q_waarom_hint' },
};

interface Props {
  profile: ProfileView;
  offer: OfferView;
  draft: Draft;
  fault: Fault | null;
  onDraft: (draft: Draft) => void;
  onBack: () => void;
  onSend: () => Promise<void>;
}

/** What the resident offers, and what the reader says of themselves: the information card. */
export function CardStep({ profile, offer, draft, fault, onDraft, onBack, onSend }: Props) {
  const { t, dates } = useWords();
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const team = useTeam().data;
  const work = draft.work ?? profile.organisation !== null;
  const name = draft.name ?? profile.name;
  const owner = firstName(offer.owner);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === '') {
      setMissing(true);
      input.current?.focus();
      return;
    }
    setBusy(true);
    await onSend();
    setBusy(false);
  }

  return (
    <form className="kt-join" noValidate aria-label={t('join.card_title', { name: owner })} onSubmit={(event) => void submit(event)}>
      <PageTitle key="card">{t('join.card_title', { name: owner })}</PageTitle>
      <section className="kt-card kt-stack" aria-labelledby="join-offer">
        <Title level={2} id="join-offer">
          {t('join.offer')}
        </Title>
        <p className="kt-strong" dir="auto">
          {offer.title}
        </p>
        {offer.inviter ? <p dir="auto">{t('join.inviter', { name: offer.inviter, owner: offer.owner })}</p> : null}
        <ScopeWords dossier={{ sections: [] }} scopes={offer.scopes} />
        {offer.scopes.some((scope) => scope.from_now) ? <p>{t('join.from_now')}</p> : null}
        {offer.purpose ? (
          <p dir="auto">
            <strong>{t('access.why')}</strong> {offer.purpose}
          </p>
        ) : null}
        <p className="kt-fact">
          <Icon name="calendar" />
          {offer.until ? t('access.until', { day: dates.date(offer.until) }) : t('access.no_end')}
        </p>
      </section>
      <section className="kt-card kt-stack" aria-labelledby="join-card">
        <Title level={2} id="join-card">
          {t('join.about_you')}
        </Title>
        <p>{t('join.about_you_text', { name: owner })}</p>
        <Choice
          legend={t('join.as')}
          value={work ? 'work' : 'near'}
          options={[
            { value: 'near', label: t('join.as_near') },
            { value: 'work', label: t('join.as_work') },
          ]}
          onChange={(as) => onDraft({ ...draft, work: as === 'work' })}
        />
        {team ? (
          <>
            <Choice
              legend={t('team.for_whom')}
              value={draft.team ? 'team' : 'me'}
              options={[
                { value: 'me', label: t('team.for_me') },
                { value: 'team', label: t('team.for_team', { team: team.name }) },
              ]}
              onChange={(who) => onDraft({ ...draft, team: who === 'team' })}
            />
            {draft.team ? <p className="kt-hint">{t('team.for_team_text')}</p> : null}
          </>
        ) : null}
        <Field
          ref={input}
          label={t('join.name')}
          required
          error={missing ? t('start.name_missing') : null}
          value={name}
          onChange={(value) => {
            onDraft({ ...draft, name: value });
            setMissing(false);
          }}
        />
        {work ? (
          <>
            <Field label={t('join.organisation')} note={t('common.optional')} value={draft.organisation ?? profile.organisation ?? ''} onChange={(organisation) => onDraft({ ...draft, organisation })} />
            <Field label={t('join.function')} note={t('common.optional')} value={draft.function ?? profile.function ?? ''} onChange={(value) => onDraft({ ...draft, function: value })} />
            {QUESTIONS.map((question) => (
              <Field
                key={question}
                label={t(ASKED[question].label)}
                note={t('common.optional')}
                hint={t(ASKED[question].hint)}
                multiline
                rows={2}
                value={draft.answers[question] ?? ''}
                onChange={(value) => onDraft({ ...draft, answers: { ...draft.answers, [question]: value } })}
              />
            ))}
          </>
        ) : null}
      </section>
      {fault ? (
        <p className="kt-error" role="alert">
          <Icon name="alert" />
          {t(whyNot(fault))}
        </p>
      ) : null}
      <div className="kt-buttons">
        <Button type="submit" purpose="primary" busy={busy}>
          {busy ? t('common.busy') : t('join.send')}
        </Button>
        <Button purpose="subtle" onClick={onBack}>
          {t('join.back')}
        </Button>
      </div>
    </form>
  );
}
