import { type ReactNode, type SubmitEvent, useEffect, useId, useRef, useState } from 'react';
import { faultOf } from '../../backend';
import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { focusNextTitle } from '../../components/Title';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { hrefOf } from '../shell/route';
import type { Draft } from './draft';
import { ticketInPicture } from './picture';
import { whyNot, whyNotWords } from './why';
import { WordFields } from './WordFields';
import { COUNT, wordMeant, wordsIn } from './words';

/** The invitation itself: pasted as text, as the eight words that fetch it, or read from a picture of its QR code. */
export function TicketStep({ draft, onDraft }: { draft: Draft; onDraft: (draft: Draft) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Key | null>(null);
  const [asked, setAsked] = useState(false);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const fields = useRef<HTMLFieldSetElement>(null);
  // An answer that comes after somebody stopped waiting, or typed on, is for nobody.
  const attempt = useRef(0);
  const now = useRef(draft);
  useEffect(() => {
    now.current = draft;
  });

  function change(part: Partial<Draft>) {
    onDraft({ ...draft, ...part });
    setWrong(null);
    setAsked(false);
  }
  function stop() {
    attempt.current += 1;
    setBusy(false);
  }

  /** Gets the ticket, and looks at what it offers. */
  async function look(ticketOf: () => Promise<string>, why: typeof whyNot) {
    const mine = ++attempt.current;
    setBusy(true);
    setWrong(null);
    try {
      const ticket = await ticketOf();
      if (mine !== attempt.current) return;
      const offer = await backend.call({ method: 'offer', params: { ticket } });
      if (mine !== attempt.current) return;
      focusNextTitle();
      onDraft({ ...now.current, ticket, offer });
    } catch (thrown) {
      if (mine !== attempt.current) return;
      setWrong(why(faultOf(thrown)));
      setBusy(false);
      (input.current ?? fields.current?.querySelector('input'))?.focus();
    }
  }
  function lookByWords(typed: readonly string[]) {
    const words = typed.join(' ');
    const held = now.current.fetched;
    if (held?.words === words) {
      void look(() => Promise.resolve(held.ticket), whyNot);
      return;
    }
    const hints = now.current.address.split(/[\s,;]+/).filter(Boolean);
    const fetch = async () => {
      const { ticket } = await backend.call({ method: 'fetch_ticket', params: { words, hints } });
      now.current = { ...now.current, fetched: { words, ticket } };
      onDraft(now.current);
      return ticket;
    };
    void look(fetch, (fault) => (now.current.fetched?.words === words ? whyNot(fault) : whyNotWords(fault)));
  }
  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    if (draft.way === 'words') {
      const words = draft.words.map((word) => wordMeant(word) ?? word.trim());
      const stuck = words.findIndex((word) => wordMeant(word) === null);
      setAsked(true);
      if (stuck < 0) lookByWords(words);
      else {
        if (words[stuck] === '') setWrong('join.words_missing');
        fields.current?.querySelectorAll('input')[stuck]?.focus();
      }
      return;
    }
    const spoken = wordsIn(draft.ticket).flatMap((word) => wordMeant(word) ?? []);
    if (spoken.length === COUNT) {
      // Words that came in a message.
      change({ way: 'words', ticket: '', words: spoken });
      setAsked(true);
      return;
    }
    const ticket = draft.ticket.replace(/\s+/g, '');
    if (ticket === '') {
      setWrong('join.ticket_missing');
      input.current?.focus();
    } else void look(() => Promise.resolve(ticket), whyNot);
  }

  let given: ReactNode;
  if (draft.way === 'words') {
    const nobody = wrong === 'join.words_nobody';
    given = (
      <>
        <WordFields place={fields} words={draft.words} asked={asked} error={wrong && !nobody ? t(wrong) : null} onChange={(words) => change({ words })} />
        {nobody ? (
          <Notice icon="alert" tone="warm" alert title={t('join.words_nobody')}>
            <ul className="kt-bullets">
              <li>{t('join.nobody_open')}</li>
              <li>{t('join.nobody_new')}</li>
              <li>{t('join.nobody_near')}</li>
            </ul>
          </Notice>
        ) : null}
        <Fold summary={t('join.address_fold')}>
          <Field label={t('join.address')} note={t('common.optional')} hint={t('join.address_hint')} spellCheck={false} value={draft.address} onChange={(address) => change({ address })} />
        </Fold>
      </>
    );
  } else if (draft.way === 'picture') {
    given = (
      <PictureField
        onTicket={(ticket) => {
          change({ way: 'text', ticket });
          void look(() => Promise.resolve(ticket), whyNot);
        }}
      />
    );
  } else {
    given = (
      <Field ref={input} label={t('join.ticket')} hint={t('join.ticket_hint')} error={wrong ? t(wrong) : null} multiline required spellCheck={false} value={draft.ticket} onChange={(ticket) => change({ ticket })} />
    );
  }
  return (
    <form className="kt-join" noValidate aria-label={t('join.title')} onSubmit={submit}>
      <p className="kt-lead">{t('join.lead')}</p>
      <Choice
        legend={t('join.way')}
        value={draft.way}
        options={[
          { value: 'text', label: t('join.way_text') },
          { value: 'words', label: t('join.way_words') },
          { value: 'picture', label: t('join.way_picture') },
        ]}
        onChange={(way) => change({ way })}
      />
      {given}
      <div className="kt-buttons">
        {draft.way === 'picture' ? null : (
          <Button type="submit" purpose="primary" busy={busy}>
            {busy ? t('join.looking') : t('join.look')}
          </Button>
        )}
        {busy ? (
          <Button purpose="subtle" onClick={stop}>
            {t('common.cancel')}
          </Button>
        ) : (
          <a className="kt-link" href={hrefOf({ page: 'dossiers' })}>
            {t('join.back')}
          </a>
        )}
      </div>
    </form>
  );
}

/** A picture of the QR code, from a file. */
function PictureField({ onTicket }: { onTicket: (ticket: string) => void }) {
  const { t } = useWords();
  const [unread, setUnread] = useState(false);
  const file = useId();

  async function read(picture: File | undefined) {
    if (!picture) return;
    setUnread(false);
    const ticket = await ticketInPicture(picture);
    if (ticket === null) setUnread(true);
    else onTicket(ticket);
  }

  return (
    <div className="kt-field">
      <p className="kt-hint" id={`${file}-hint`}>
        {t('join.picture_hint')}
      </p>
      <input
        id={file}
        className="kt-file"
        type="file"
        accept="image/*"
        aria-describedby={`${file}-hint${unread ? ` ${file}-error` : ''}`}
        aria-invalid={unread || undefined}
        onChange={(event) => void read(event.target.files?.[0])}
      />
      <label className="nl-button nl-button--secondary" htmlFor={file}>
        {t('join.picture')}
      </label>
      {unread ? (
        <p className="kt-error" id={`${file}-error`} role="alert">
          <Icon name="alert" />
          {t('join.picture_wrong')}
        </p>
      ) : null}
    </div>
  );
}
