import { useId } from 'react';
import { Choice } from '../../components/Choice';
import { DayField, type TypedDay } from '../../components/DayField';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { Pick } from '../../components/Pick';
import { Tick, Ticks } from '../../components/Tick';
import type { PersonRef } from '../../generated/PersonRef';
import { useWords } from '../../i18n/I18n';
import { AgreementsField } from '../crisis/AgreementsField';
import { CallsField } from '../crisis/CallsField';
import type { Answer, Draft, Question, TypedAgreement, TypedCall, TypedMoment, Wrong } from './spec';

/** Whom and what a form can name. */
export interface Known {
  people: readonly PersonRef[];
  organisations: readonly PersonRef[];
}

/** The questions of a form, each with the control that fits it. */
export function Questions({ questions, draft, wrong, known, onChange }: { questions: readonly Question[]; draft: Draft; wrong: Wrong; known: Known; onChange: (name: string, answer: Answer) => void }) {
  return questions.map((question) => <One key={question.name} question={question} answer={draft[question.name] ?? ''} wrong={wrong} known={known} onChange={(answer) => onChange(question.name, answer)} />);
}

function One({ question, answer, wrong, known, onChange }: { question: Question; answer: Answer; wrong: Wrong; known: Known; onChange: (answer: Answer) => void }) {
  const { t } = useWords();
  const label = t(question.label);
  const hint = question.hint ? t(question.hint) : undefined;
  const fault = wrong[question.name];
  const error = fault ? t(fault) : null;
  const note = question.required ? undefined : t('common.optional');
  const typed = typeof answer === 'string' ? answer : '';
  const named = (all: readonly PersonRef[]) => all.map(({ id, name }) => ({ value: id, label: name ?? t('common.unknown_person') }));
  switch (question.as) {
    case 'tick':
      return (
        <Tick checked={answer === true} onChange={onChange}>
          {label}
        </Tick>
      );
    case 'people':
      return <Ticks legend={label} note={note} options={named(known.people)} chosen={Array.isArray(answer) ? (answer as readonly string[]) : []} onChange={onChange} />;
    case 'person':
    case 'organisation':
      return <Pick label={label} note={note} hint={hint} error={error} value={typed} options={[{ value: '', label: t('edit.nobody') }, ...named(question.as === 'person' ? known.people : known.organisations)]} onChange={onChange} />;
    case 'choice':
      return <Choice legend={label} value={typed} options={question.options.map((option) => ({ value: option.value, label: t(option.label) }))} onChange={onChange} />;
    case 'pick':
      return <Pick label={label} note={note} hint={hint} error={error} value={typed} options={[{ value: '', label: t('edit.not_said') }, ...question.options.map((option) => ({ value: option.value, label: t(option.label) }))]} onChange={onChange} />;
    case 'day':
      return <DayField legend={label} note={note} labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }} error={error} value={answer as TypedDay} onChange={onChange} />;
    case 'calls':
      return <CallsField legend={label} calls={answer as readonly TypedCall[]} people={known.people} onChange={onChange} />;
    case 'agreements':
      return <AgreementsField legend={label} agreements={answer as readonly TypedAgreement[]} people={known.people} onChange={onChange} />;
    case 'moment':
      return <MomentField legend={label} error={error} value={answer as TypedMoment} onChange={onChange} />;
    default:
      return <Field label={label} note={note} hint={hint ?? (question.as === 'lines' ? t('edit.one_a_line') : undefined)} error={error} required={question.required} multiline={question.as === 'long' || question.as === 'lines'} decimal={question.as === 'amount'} value={typed} onChange={onChange} />;
  }
}

/** A day with a begin and, if one knows it, an end. */
function MomentField({ legend, error, value, onChange }: { legend: string; error: string | null; value: TypedMoment; onChange: (value: TypedMoment) => void }) {
  const { t } = useWords();
  const id = useId();
  const invalid = error ? true : undefined;
  return (
    <div className="kt-field kt-moment">
      <DayField legend={legend} labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }} error={null} invalid={invalid} value={value.day} onChange={(day) => onChange({ ...value, day })} />
      <div className="kt-day-parts">
        {(['from', 'to'] as const).map((part) => (
          <label key={part} data-part="time">
            {part === 'from' ? t('edit.from') : t('edit.to')}
            <input className="kt-input" inputMode="decimal" autoComplete="off" maxLength={5} aria-invalid={invalid} aria-describedby={`${id}-hint`} value={value[part]} onChange={(event) => onChange({ ...value, [part]: event.target.value })} />
          </label>
        ))}
      </div>
      <p className="kt-hint" id={`${id}-hint`}>
        {t('edit.time_hint')}
      </p>
      {error ? (
        <p className="kt-error">
          <Icon name="alert" />
          {error}
        </p>
      ) : null}
    </div>
  );
}
