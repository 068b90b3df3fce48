import { type SubmitEvent, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Pick } from '../../components/Pick';
import { PageTitle } from '../../components/Title';
import { useWords } from '../../i18n/I18n';
import { text } from '../edit/spec';
import { useSteps } from '../shell/Steps';
import { deskOf } from '../sections/useDesk';
import { nameOf } from '../sections/facts';
import { type AtTable, Onward } from './TablePage';
import { Written } from './Written';

/** What goes well, or what is hard: sentences as they were said, with who said them. */
export function Said({ which, at }: { which: 'good' | 'hard'; at: AtTable }) {
  const { t } = useWords();
  const steps = useSteps();
  const desk = deskOf(at.dossier, at.plan, at.refresh);
  const [typed, setTyped] = useState('');
  const [speaker, setSpeaker] = useState(at.dossier.me ?? '');
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);

  async function save() {
    const quote = typed.trim();
    if (quote === '') return true;
    const fields = { quote, date: at.plan.date, ...(speaker === '' ? {} : { speaker }) };
    const saved = await steps.take({ method: 'item_add', params: { dossier: at.dossier.id, section: 'plan', kind: which === 'good' ? 'strengths' : 'concerns', fields } }, t('table.written_down'));
    if (saved) {
      setTyped('');
      await at.refresh();
    }
    return saved;
  }
  async function add(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    await save();
    input.current?.focus();
  }

  const said = which === 'good' ? at.sitting.good : at.sitting.hard;
  const whoSaid = (id: string | null) => (id === at.dossier.me ? t('sections.said_you') : (nameOf(desk, id) ?? t('common.unknown_person')));
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t(`table.title_${which}`)}</PageTitle>
        <p className="kt-lead">{t(`table.lead_${which}`)}</p>
      </div>
      <Written items={said} at={at} words={(item) => text(item, 'quote') ?? ''} by={(item) => (text(item, 'speaker') ? whoSaid(text(item, 'speaker')) : null)} />
      <form className="kt-table-form" noValidate aria-label={t(`table.title_${which}`)} onSubmit={(event) => void add(event)}>
        <Field ref={input} label={t(`table.field_${which}`)} hint={t('table.own_words')} multiline value={typed} onChange={setTyped} />
        <Pick label={t('sections.speaker')} value={speaker} options={desk.people.map(({ id, name }) => ({ value: id, label: id === at.dossier.me ? t('table.me') : (name ?? t('common.unknown_person')) }))} onChange={setSpeaker} />
        <Button type="submit" icon="plus">
          {t('table.write_down')}
        </Button>
      </form>
      <Onward at={at} save={save} />
    </>
  );
}
