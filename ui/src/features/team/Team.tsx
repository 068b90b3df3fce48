import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { Title } from '../../components/Title';
import type { Fault } from '../../generated/Fault';
import type { TeamAdded } from '../../generated/TeamAdded';
import type { TeamAsked } from '../../generated/TeamAsked';
import type { TeamMember } from '../../generated/TeamMember';
import type { Words } from '../../generated/Words';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useBackend } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { useTask } from '../recovery/useTask';
import { FaultNotice } from '../shell/FaultNotice';

/** The team of this computer, if it is in one. */
export function useTeam() {
  return useAnswer({ method: 'team' }, (event) => event.event === 'team');
}

/** Colleagues who cover for one another: who they are, who comes, who goes. */
export function MyTeam({ own, onWords }: { own: boolean; onWords: (words: Words) => void }) {
  const { t } = useWords();
  const answer = useTeam();
  const team = answer.data;
  if (answer.fault) return <FaultNotice fault={answer.fault} onRetry={() => void answer.refresh()} />;
  if (team === null) {
    // No answer yet, or no team. A resident is hardly ever in one.
    if (own) return null;
    return (
      <section className="kt-kind" aria-labelledby="team">
        <Title level={2} id="team">
          {t('team.title')}
        </Title>
        <Fold summary={t('team.start')}>
          <div className="kt-stack">
            <p>{t('team.lead')}</p>
            <Ask onJoined={answer.refresh} />
            <Make onMade={answer.refresh} onWords={onWords} />
          </div>
        </Fold>
      </section>
    );
  }
  return (
    <section className="kt-kind" aria-labelledby="team">
      <Title level={2} id="team">
        {t('team.title')}
      </Title>
      <p>
        <strong dir="auto">{team.name}</strong>. {t('team.lead')}
      </p>
      <ul className="kt-card kt-lines">
        {team.members.map((member) => (
          <li key={member.device}>
            <Icon name="person" />
            <Colleague member={member} manages={team.manages} onChanged={answer.refresh} />
          </li>
        ))}
      </ul>
      {team.manages ? <Add onAdded={answer.refresh} /> : null}
      {team.manages ? <TeamWords onWords={onWords} /> : null}
    </section>
  );
}

/** What goes wrong here and nowhere else. */
const WHY: Readonly<Record<string, Key>> = { team_gone: 'team.why_gone', team_other_device: 'team.why_elsewhere', wrong_code: 'team.why_code' };

function TeamFault({ fault }: { fault: Fault }) {
  const { t } = useWords();
  const known = WHY[fault.detail ?? ''] ?? (fault.code === 'input_refused' ? 'team.why_text' : null);
  if (known === null) return <FaultNotice fault={fault} />;
  return (
    <Notice icon="alert" tone="warm" title={t('fault.title')} alert>
      <p>{t(known)}</p>
    </Notice>
  );
}

/** One colleague; taking them away is said first, and done at the second tap. */
function Colleague({ member, manages, onChanged }: { member: TeamMember; manages: boolean; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [ending, setEnding] = useState(false);
  const { name } = member;
  const remove = () =>
    task.run(async () => {
      await backend.call({ method: 'team_remove', params: { device: member.device } });
      await onChanged();
    });
  return (
    <div className="kt-stack">
      <p>
        <span dir="auto">{name}</span>
        {member.here ? ` (${t('team.here')})` : null}
      </p>
      {task.fault ? <TeamFault fault={task.fault} /> : null}
      {!manages || member.here ? null : ending ? (
        <>
          <p>{t('team.remove_text', { name })}</p>
          <div className="kt-buttons">
            <Button icon="stop" busy={task.busy} onClick={() => void remove()}>
              {t('team.remove_sure', { name })}
            </Button>
            <Button purpose="subtle" onClick={() => setEnding(false)}>
              {t('common.cancel')}
            </Button>
          </div>
        </>
      ) : (
        <div className="kt-buttons">
          <Button icon="stop" label={t('team.remove_label', { name })} onClick={() => setEnding(true)}>
            {t('team.remove')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A colleague sends a text and reads out digits; a text goes back. */
function Add({ onAdded }: { onAdded: () => Promise<void> }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [text, setText] = useState('');
  const [asks, setAsks] = useState<string | null>(null);
  const [code, setCode] = useState('');
  const [added, setAdded] = useState<TeamAdded | null>(null);
  function read(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    void task.run(async () => {
      setAdded(null);
      if (asks === null) {
        setAsks((await backend.call({ method: 'team_asking', params: { text } })).name);
        return;
      }
      setAdded(await backend.call({ method: 'team_add', params: { text, code } }));
      setText('');
      setCode('');
      setAsks(null);
      await onAdded();
    });
  }
  return (
    <Fold summary={t('team.add')}>
      <form className="kt-stack" noValidate aria-label={t('team.add')} onSubmit={read}>
        <p>{t('team.add_how')}</p>
        <Field
          label={t('team.add_text')}
          multiline
          rows={3}
          spellCheck={false}
          value={text}
          onChange={(value) => {
            setText(value);
            setAsks(null);
          }}
        />
        {asks === null ? null : (
          <>
            <p role="status">{t('team.add_who', { name: asks })}</p>
            <Field label={t('access.code')} value={code} onChange={setCode} />
          </>
        )}
        {task.fault ? <TeamFault fault={task.fault} /> : null}
        <div className="kt-buttons">
          <Button type="submit" busy={task.busy}>
            {asks === null ? t('team.add_read') : t('team.add_now', { name: asks })}
          </Button>
        </div>
        {added ? <GiveText label={t('team.add_back')} text={added.text} /> : null}
      </form>
    </Fold>
  );
}

/** A long text to be copied and sent. */
function GiveText({ label, text }: { label: string; text: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <div className="kt-stack" role="group" aria-label={label}>
      <p>{label}</p>
      <p className="kt-code" translate="no">
        {text}
      </p>
      <div className="kt-buttons">
        <Button onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>{t('access.copy')}</Button>
      </div>
      <p role="status">{copied ? t('access.copied') : ''}</p>
    </div>
  );
}

/** Ask for a place in a team, and take it. */
function Ask({ onJoined }: { onJoined: () => Promise<void> }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [asked, setAsked] = useState<TeamAsked | null>(null);
  const [answer, setAnswer] = useState('');
  const ask = () => task.run(async () => setAsked(await backend.call({ method: 'team_ask' })));
  function join(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    void task.run(async () => {
      await backend.call({ method: 'team_join', params: { text: answer } });
      await onJoined();
    });
  }
  if (asked === null) {
    return (
      <>
        {task.fault ? <TeamFault fault={task.fault} /> : null}
        <div className="kt-buttons">
          <Button busy={task.busy} onClick={() => void ask()}>
            {t('team.ask')}
          </Button>
        </div>
      </>
    );
  }
  return (
    <form className="kt-stack" noValidate aria-label={t('team.ask')} onSubmit={join}>
      <GiveText label={t('team.ask_text')} text={asked.text} />
      <p>{t('team.ask_code')}</p>
      <p className="kt-strong" role="group" aria-label={t('team.ask_code_label')}>
        {asked.code}
      </p>
      <Field label={t('team.ask_answer')} multiline rows={3} spellCheck={false} value={answer} onChange={setAnswer} />
      {task.fault ? <TeamFault fault={task.fault} /> : null}
      <div className="kt-buttons">
        <Button type="submit" busy={task.busy}>
          {t('team.ask_join')}
        </Button>
      </div>
    </form>
  );
}

/** A team of one's own, with words of its own. */
function Make({ onMade, onWords }: { onMade: () => Promise<void>; onWords: (words: Words) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const [name, setName] = useState('');
  function make(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    void task.run(async () => {
      const made = await backend.call({ method: 'team_new', params: { name } });
      await onMade();
      onWords(made.words);
    });
  }
  return (
    <Fold summary={t('team.new')}>
      <form className="kt-stack" noValidate aria-label={t('team.new')} onSubmit={make}>
        <p>{t('team.new_text')}</p>
        <Field label={t('team.new_name')} value={name} onChange={setName} />
        {task.fault ? <TeamFault fault={task.fault} /> : null}
        <div className="kt-buttons">
          <Button type="submit" busy={task.busy}>
            {t('team.new_now')}
          </Button>
        </div>
      </form>
    </Fold>
  );
}

/** The words of the team, for the paper in the safe. */
function TeamWords({ onWords }: { onWords: (words: Words) => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const task = useTask();
  const show = () => task.run(async () => onWords(await backend.call({ method: 'team_words' })));
  return (
    <Fold summary={t('team.words')}>
      <p>{t('team.words_text')}</p>
      {task.fault ? <TeamFault fault={task.fault} /> : null}
      <div className="kt-buttons">
        <Button icon="eye" busy={task.busy} onClick={() => void show()}>
          {t('team.words_show')}
        </Button>
      </div>
    </Fold>
  );
}

