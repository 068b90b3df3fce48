import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import type { CrisisCall } from '../../generated/CrisisCall';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { HistoryOf } from '../history/HistoryOf';
import { useSteps } from '../shell/Steps';
import { AddForm } from './AddForm';
import { Erase } from './Erase';
import { FormBox } from './FormBox';
import { type Known, Questions } from './Questions';
import { type Answer, changes, type Draft, draftOf, nested, type Question, read, type Wrong } from './spec';

/** Where a form writes to, and what it can name. */
export interface Desk extends Known {
  dossier: string;
  section: string;
  /** The reader's id inside the dossier. */
  me: string | null;
  today: string;
  /** Whom to call when it goes wrong, where the section says so. */
  calls: readonly CrisisCall[];
  /** The reader is the resident whose dossier it is. */
  own: boolean;
  /** True when what is written is a proposal. */
  proposal: boolean;
  onChanged: () => Promise<void>;
}

function useDraft(questions: readonly Question[], item: ItemView | null, today: string) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(questions, item, today));
  const [wrong, setWrong] = useState<Wrong>({});
  return {
    draft,
    wrong,
    change(name: string, answer: Answer) {
      setDraft((was) => ({ ...was, [name]: answer }));
      setWrong(({ [name]: _, ...others }) => others);
    },
    /** The fields, or null when something is wrong. */
    fields() {
      const said = read(questions, draft, today);
      setWrong(said.wrong);
      return Object.keys(said.wrong).length > 0 ? null : said.fields;
    },
    empty() {
      setDraft(draftOf(questions, null, today));
      setWrong({});
    },
  };
}

/** A button that opens the form for a new item. */
export function AddItem({ desk, kind, questions, fixed = {}, button, save, said, main = false, level = 3 }: { desk: Desk; kind: string; questions: readonly Question[]; /** What is known without asking. */ fixed?: Readonly<Record<string, unknown>>; button: string; save?: string; said: string; main?: boolean; level?: 2 | 3 | 4 }) {
  const { t } = useWords();
  const steps = useSteps();
  const form = useDraft(questions, null, desk.today);

  async function send() {
    const fields = form.fields();
    if (fields === null) return false;
    const saved = await steps.take({ method: 'item_add', params: { dossier: desk.dossier, section: desk.section, kind, fields: { ...fixed, ...nested(fields) } } }, said);
    if (saved) {
      await desk.onChanged();
      form.empty();
    }
    return saved;
  }

  return (
    <AddForm button={button} purpose={main ? 'primary' : 'secondary'} title={button} level={level} save={save ?? t('edit.save')} onSave={send} onCancel={form.empty}>
      {desk.proposal ? <p className="kt-hint">{t('edit.as_proposal')}</p> : null}
      <Questions questions={questions} draft={form.draft} wrong={form.wrong} known={desk} onChange={form.change} />
    </AddForm>
  );
}

/** What one can do with an item: change it in its place, take it away. Shows `children` when it is not being changed. */
export function Editable({ desk, item, name, questions, removable = true, level = 4, brief = false, tools, stamp, children }: { desk: Desk; item: ItemView; /** Says which item the buttons belong to. */ name: string; questions: readonly Question[]; removable?: boolean; level?: 3 | 4; /** Only the button that changes it, at its side; who changed what stands with the form. */ brief?: boolean; tools?: ReactNode; /** What every change says beside the answers. */ stamp?: Readonly<Record<string, unknown>>; children: ReactNode }) {
  const { t } = useWords();
  const steps = useSteps();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);
  useEffect(() => {
    if (open || !returning.current) return;
    returning.current = false;
    opener.current?.focus();
  }, [open]);

  function close() {
    returning.current = true;
    setOpen(false);
  }
  async function remove() {
    if (await steps.take({ method: 'item_remove', params: { dossier: desk.dossier, id: item.id } }, t('edit.removed', { name }))) await desk.onChanged();
  }

  // Taking away is one step further than changing, inside the form: the page stays calm.
  const mayRemove = removable && item.may_remove && questions.length > 0;
  const bin = mayRemove ? (
    <Button purpose="subtle" icon="bin" label={t('edit.remove_label', { name })} onClick={() => void remove()}>
      {t('edit.remove')}
    </Button>
  ) : null;
  const history = <HistoryOf desk={desk} item={item.id} kind={item.kind} name={name} questions={questions} level={level} />;
  const mayChange = item.may_change && questions.length > 0;
  if (open) {
    return (
      <>
        <ChangeItem desk={desk} item={item} title={t('edit.change_title', { name })} questions={questions} level={level} stamp={stamp} onDone={close} more={bin} />
        {brief ? <div className="kt-tools">{history}</div> : null}
        {removable && desk.own ? <Erase desk={desk} item={item} name={name} /> : null}
      </>
    );
  }
  const buttons = (
    <div className="kt-tools">
      {tools}
      {mayChange ? (
        <Button ref={opener} purpose="subtle" icon="pencil" label={t('edit.change_label', { name })} onClick={() => setOpen(true)}>
          {t('edit.change')}
        </Button>
      ) : null}
      {item.may_change ? null : bin}
      {brief && mayChange ? null : history}
    </div>
  );
  if (!brief) {
    return (
      <>
        {children}
        {buttons}
      </>
    );
  }
  return (
    <div className="kt-brief">
      <div className="kt-brief-what">{children}</div>
      {buttons}
    </div>
  );
}

/** The form of an item that exists. Sends only what was changed here, so that what others write meanwhile stays. */
export function ChangeItem({ desk, item, title, questions, level, stamp = {}, onDone, more }: { desk: Desk; item: ItemView; title: string; questions: readonly Question[]; level: 2 | 3 | 4; stamp?: Readonly<Record<string, unknown>>; onDone: () => void; /** More that can be done here. */ more?: ReactNode }) {
  const { t } = useWords();
  const steps = useSteps();
  const form = useDraft(questions, item, desk.today);
  // What stood there when the form was opened, whatever others do to the item meanwhile.
  const [before] = useState(() => read(questions, draftOf(questions, item, desk.today), desk.today).fields);

  async function send() {
    const fields = form.fields();
    if (fields === null) return false;
    const changed = changes(before, fields);
    if (Object.keys(changed).length === 0) return true;
    const saved = await steps.take({ method: 'item_set', params: { dossier: desk.dossier, id: item.id, fields: { ...changed, ...stamp } } }, t('edit.changed'));
    if (saved) await desk.onChanged();
    return saved;
  }

  return (
    <FormBox title={title} level={level} save={t('edit.save')} onSave={send} onDone={onDone} onCancel={onDone} more={more}>
      <Questions questions={questions} draft={form.draft} wrong={form.wrong} known={desk} onChange={form.change} />
    </FormBox>
  );
}
