import { useId, useState } from 'react';
import { Badge } from '../../components/Badge';
import { Choice } from '../../components/Choice';
import { Field } from '../../components/Field';
import { Title } from '../../components/Title';
import type { CorrectionView } from '../../generated/CorrectionView';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { touches, useAnswer } from '../../live/useAnswer';
import { AddForm } from '../edit/AddForm';
import { FormBox } from '../edit/FormBox';
import { firstName } from '../people/names';
import { useSteps } from '../shell/Steps';

export function useCorrections(dossier: DossierCard) {
  return useAnswer({ method: 'corrections', params: { dossier: dossier.id } }, touches(dossier.id, ['verslagen']));
}

/** The form by which the resident asks the author of a note to put something right. */
export function AskCorrection({ dossier, note, name, onDone, onAsked }: { dossier: string; note: string; /** Who wrote it. */ name: string; onDone: () => void; onAsked: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [wrong, setWrong] = useState('');
  const [wish, setWish] = useState('');
  const [missing, setMissing] = useState(false);
  async function ask() {
    if (wrong.trim() === '') {
      setMissing(true);
      return false;
    }
    // What is asked is said: like every voice it stays.
    const asked = await steps.take({ method: 'correction_ask', params: { dossier, note, wrong: wrong.trim(), wish: wish.trim() || null, until: null } }, t('correction.asked', { name: firstName(name) }), { undo: false });
    if (asked) await onAsked();
    return asked;
  }
  return (
    <FormBox title={t('correction.ask_title')} level={3} save={t('correction.ask_save')} onSave={ask} onDone={onDone} onCancel={onDone}>
      <p className="kt-hint">{t('correction.ask_how', { name: firstName(name) })}</p>
      <Field
        label={t('correction.wrong')}
        multiline
        required
        error={missing ? t('common.required') : null}
        value={wrong}
        onChange={(value) => {
          setWrong(value);
          setMissing(false);
        }}
      />
      <Field label={t('correction.wish')} note={t('common.optional')} multiline value={wish} onChange={setWish} />
    </FormBox>
  );
}

/** What was asked and what the answer is; for the author, what they still have to answer comes first. */
export function Corrections({ dossier, today, onlyMine = false }: { dossier: DossierCard; today: string; /** Only what the reader has to answer. */ onlyMine?: boolean }) {
  const { t } = useWords();
  const answer = useCorrections(dossier);
  const id = useId();
  const shown = (answer.data ?? []).filter((one) => !onlyMine || one.mine).sort((a, b) => Number(b.mine) - Number(a.mine));
  if (shown.length === 0) return null;
  return (
    <section className="kt-kind" aria-labelledby={id}>
      <Title level={2} id={id}>
        {dossier.own ? t('notes.corrections') : t('correction.to_you')}
      </Title>
      <ul className="kt-list">
        {shown.map((one) => (
          <li key={one.id}>
            <Correction one={one} dossier={dossier} today={today} onAnswered={answer.refresh} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Correction({ one, dossier, today, onAnswered }: { one: CorrectionView; dossier: DossierCard; today: string; onAnswered: () => Promise<void> }) {
  const { t, dates } = useWords();
  const id = useId();
  const name = (person: CorrectionView['author']) => (person.id === dossier.me ? t('action.you') : person.name ? firstName(person.name) : t('common.unknown_person'));
  const day = (text: string | null) => (text ? dates.day(text.slice(0, 10), today) : '');
  return (
    <article className="kt-card kt-item" aria-labelledby={id}>
      <Title level={3} id={id}>
        {one.author.id === dossier.me ? t('correction.asked_you', { name: name(one.asked_by), day: day(one.asked) }) : t('correction.asked_of', { name: name(one.author), day: day(one.asked) })}
      </Title>
      {one.wrong ? <p dir="auto">{one.wrong}</p> : null}
      {one.wish ? (
        <p dir="auto">
          <strong>{t('correction.should')}</strong> {one.wish}
        </p>
      ) : null}
      {one.state === 'open' ? (
        <Badge icon={one.late ? 'alert' : 'clock'} tone={one.late ? 'warm' : 'plain'}>
          {one.late ? t('correction.late', { day: day(one.until) }) : t('correction.open', { day: day(one.until) })}
        </Badge>
      ) : (
        <>
          <Badge icon={one.state === 'done' ? 'check' : 'close'} tone={one.state === 'done' ? 'good' : 'warm'}>
            {t(one.state === 'done' ? 'correction.done' : 'correction.refused')}
          </Badge>
          {one.answer ? <p dir="auto">{one.answer}</p> : null}
        </>
      )}
      {one.late && dossier.own ? <p className="kt-quiet">{t('correction.late_what')}</p> : null}
      {one.mine ? <AnswerCorrection dossier={dossier.id} correction={one.id} onAnswered={onAnswered} /> : null}
    </article>
  );
}

function AnswerCorrection({ dossier, correction, onAnswered }: { dossier: string; correction: string; onAnswered: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [how, setHow] = useState<'done' | 'refused'>('done');
  const [text, setText] = useState('');
  const [missing, setMissing] = useState(false);
  function empty() {
    setHow('done');
    setText('');
    setMissing(false);
  }
  async function send() {
    if (how === 'refused' && text.trim() === '') {
      setMissing(true);
      return false;
    }
    const sent = await steps.take({ method: 'correction_answer', params: { dossier, correction, done: how === 'done', text: text.trim() } }, t('correction.answered'), { undo: false });
    if (sent) await onAnswered();
    return sent;
  }
  return (
    <AddForm button={t('correction.answer')} purpose="secondary" title={t('correction.answer')} level={4} save={t('correction.answer_save')} onSave={send} onCancel={empty}>
      <Choice
        legend={t('correction.answer_how')}
        value={how}
        options={[
          { value: 'done', label: t('correction.done') },
          { value: 'refused', label: t('correction.refused') },
        ]}
        onChange={setHow}
      />
      <Field
        label={t(how === 'done' ? 'correction.answer_what' : 'correction.answer_why')}
        note={how === 'done' ? t('common.optional') : undefined}
        hint={t('correction.answer_hint')}
        multiline
        required={how === 'refused'}
        error={missing ? t('common.required') : null}
        value={text}
        onChange={(value) => {
          setText(value);
          setMissing(false);
        }}
      />
    </AddForm>
  );
}
