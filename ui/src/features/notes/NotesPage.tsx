import { type ReactNode, useId, useRef, useState } from 'react';
import { Badge } from '../../components/Badge';
import { Button } from '../../components/Button';
import { Face } from '../../components/Faces';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { LongList } from '../../components/LongList';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { ItemView } from '../../generated/ItemView';
import type { SectionView } from '../../generated/SectionView';
import { useWords } from '../../i18n/I18n';
import { AddForm } from '../edit/AddForm';
import { FormBox } from '../edit/FormBox';
import type { Desk } from '../edit/items';
import { at, text, texts } from '../edit/spec';
import { capital, firstName } from '../people/names';
import { HistoryOf } from '../history/HistoryOf';
import { useLookingOnly } from '../looking/only';
import { SeenBy } from '../people/SeenBy';
import { AskCorrection, Corrections } from './Corrections';
import { ReadAloud } from './ReadAloud';
import { dayWords, Facts, nameOf, namesOf, Written } from '../sections/facts';
import { deskOf, mayAdd, useSection } from '../sections/useDesk';
import { Live } from '../shell/Live';
import { useSteps } from '../shell/Steps';

/** What helpers wrote about the resident: the plain version first, and a way to answer. */
export function NotesPage({ dossier }: { dossier: DossierCard }) {
  const { t, term } = useWords();
  const answer = useSection(dossier, 'verslagen');
  const title = term('section', 'verslagen');
  if (answer.data === null) {
    return (
      <>
        <PageTitle>{title}</PageTitle>
        <Live answer={answer}>{() => null}</Live>
      </>
    );
  }
  return (
    <Live answer={answer}>
      {(view) => (
        <>
          <div className="kt-page-top">
            <PageTitle>{title}</PageTitle>
            {dossier.own ? <p className="kt-lead">{t('notes.lead')}</p> : null}
            <SeenBy people={view.seen_by} own={dossier.own} dossier={dossier.id} />
          </div>
          <Notes dossier={dossier} view={view} onChanged={answer.refresh} />
        </>
      )}
    </Live>
  );
}

function Notes({ dossier, view, onChanged }: { dossier: DossierCard; view: SectionView; onChanged: () => Promise<void> }) {
  const words = useWords();
  const { t } = words;
  const looking = useLookingOnly();
  const desk = deskOf(dossier, view, onChanged);
  const day = (item: ItemView) => text(item, 'date') ?? item.provenance.date ?? '';
  const of = (kind: string) => view.items.filter((item) => item.kind === kind).sort((a, b) => day(b).localeCompare(day(a)));
  const notes = of('notes');
  return (
    <>
      {dossier.own || looking ? null : <Corrections dossier={dossier} today={desk.today} />}
      {!dossier.own && mayAdd(view) ? <WriteNote desk={desk} /> : null}
      {notes.length === 0 ? (
        <p className="kt-card kt-quiet">{t('notes.empty')}</p>
      ) : (
        <LongList items={notes} keyOf={(note) => note.id} estimate={320} className="kt-list" label={t('notes.list')}>
          {(note) => <Note note={note} desk={desk} answers={dossier.own && !looking} />}
        </LongList>
      )}
      {dossier.own && !looking ? <Corrections dossier={dossier} today={desk.today} /> : null}
      <Others heading={t('notes.disclosures')} items={of('disclosures')} desk={desk}>
        {(item) => <Disclosure item={item} desk={desk} />}
      </Others>
      <Others heading={t('notes.outside')} items={of('outside_records')} desk={desk}>
        {(item) => (
          <>
            <p className="kt-strong" dir="auto">
              {nameOf(desk, text(item, 'org_id'))}
            </p>
            <p dir="auto">{text(item, 'statement')}</p>
            <Facts rows={[[t('notes.retention'), text(item, 'retention')]]} />
          </>
        )}
      </Others>
    </>
  );
}

function Others({ heading, items, desk, children }: { heading: string; items: readonly ItemView[]; desk: Desk; children: (item: ItemView) => ReactNode }) {
  const id = useId();
  if (items.length === 0) return null;
  return (
    <section className="kt-kind" aria-labelledby={id}>
      <Title level={2} id={id}>
        {heading}
      </Title>
      <LongList items={items} keyOf={(item) => item.id} estimate={140} className="kt-list">
        {(item) => (
          <div className="kt-card kt-item">
            {children(item)}
            <div className="kt-tools">
              <HistoryOf desk={desk} item={item.id} kind={item.kind} name={heading} level={3} />
            </div>
          </div>
        )}
      </LongList>
    </section>
  );
}

/** What a helper asked or told elsewhere: who, to whom, what, on which ground. */
function Disclosure({ item, desk }: { item: ItemView; desk: Desk }) {
  const words = useWords();
  const { t } = words;
  return (
    <>
      <p dir="auto">{text(item, 'what')}</p>
      <Facts
        rows={[
          [t('notes.disclosure_by'), [nameOf(desk, text(item, 'by')), nameOf(desk, text(item, 'org_id'))].filter(Boolean).join(', ')],
          [t('notes.disclosure_with'), namesOf(desk, texts(item, 'with'), words)],
          [t('notes.disclosure_basis'), text(item, 'basis')],
          [t('notes.disclosure_day'), dayWords(text(item, 'date'), desk, words)],
          [t('notes.disclosure_told'), at(item.fields, 'told_in_advance') === true ? t('people.yes') : t('people.no')],
        ]}
      />
    </>
  );
}

interface Reaction {
  by?: string | null;
  date?: string;
  text?: string;
  verdict?: string;
}

/** One note: who and when, the plain version, the original below, what was said about it, and the way to answer. */
function Note({ note, desk, answers }: { note: ItemView; desk: Desk; /** The reader can say what they think of it. */ answers: boolean }) {
  const words = useWords();
  const { t } = words;
  const steps = useSteps();
  const id = useId();
  const [writing, setWriting] = useState<'klopt_niet' | 'zeggen' | 'correction' | null>(null);
  const [said, setSaid] = useState('');
  const [missing, setMissing] = useState(false);
  const buttons = useRef<HTMLDivElement>(null);
  const author = text(note, 'author') ?? note.provenance.author;
  const name = note.provenance.author_name ?? nameOf(desk, author) ?? t('common.unknown_person');
  const [plain, original] = [text(note, 'text_plain'), text(note, 'text_professional')];
  const held = at(note.fields, 'reactions');
  const reactions: Reaction[] = Array.isArray(held) ? held : [];
  const answered = reactions.some((reaction) => reaction.by === desk.me && (reaction.verdict === 'klopt' || reaction.verdict === 'klopt_niet'));
  const day = dayWords(text(note, 'date') ?? note.provenance.date, desk, words) ?? '';

  async function react(verdict: string, words: string): Promise<boolean> {
    const taken = await steps.take({ method: 'note_react', params: { dossier: desk.dossier, note: note.id, text: words, verdict } }, t('notes.reacted', { name: firstName(name) }));
    if (taken) await desk.onChanged();
    return taken;
  }
  function close() {
    const which = writing;
    setWriting(null);
    setSaid('');
    setMissing(false);
    requestAnimationFrame(() => buttons.current?.querySelector<HTMLElement>(`[data-answer="${which}"] button`)?.focus());
  }

  return (
    <article className="kt-card kt-note" aria-labelledby={id}>
      <div className="kt-person-top">
        <Face name={name} />
        <div>
          <Title level={2} id={id}>
            {author === desk.me ? t('notes.by_you', { day }) : t('notes.by', { name, day })}
          </Title>
          {text(note, 'hat') ? (
            <p className="kt-quiet" dir="auto">
              {t('notes.hat', { hat: text(note, 'hat') ?? '' })}
            </p>
          ) : null}
        </div>
      </div>
      {plain ? <Written>{plain}</Written> : <p className="kt-quiet">{t('today.news_no_plain')}</p>}
      {original ? (
        <Fold summary={t('today.news_original')}>
          <Written>{original}</Written>
        </Fold>
      ) : null}
      {texts(note, 'visibility').length > 0 ? (
        <p className="kt-fact">
          <Icon name="eye" />
          {t('sections.only_for', { names: namesOf(desk, texts(note, 'visibility'), words) })}
        </p>
      ) : null}
      {reactions.length > 0 ? (
        <ul className="kt-reactions" aria-label={t('notes.reactions')}>
          {reactions.map((reaction, index) => (
            <li key={index}>
              <p className="kt-quiet">
                {capital(
                  t('notes.reaction_by', {
                    name: reaction.by === desk.me ? t('action.you') : (nameOf(desk, reaction.by ?? null) ?? t('common.unknown_person')),
                    day: dayWords(reaction.date ?? null, desk, words) ?? '',
                  }),
                )}
              </p>
              {reaction.verdict === 'klopt' || reaction.verdict === 'klopt_niet' ? (
                <Badge icon={reaction.verdict === 'klopt' ? 'check' : 'close'} tone={reaction.verdict === 'klopt' ? 'good' : 'warm'}>
                  {t(reaction.verdict === 'klopt' ? 'notes.right' : 'notes.wrong')}
                </Badge>
              ) : null}
              {reaction.text ? <Written>{reaction.text}</Written> : null}
            </li>
          ))}
        </ul>
      ) : null}
      {author === desk.me ? null : writing === 'correction' ? (
        <AskCorrection dossier={desk.dossier} note={note.id} name={name} onDone={close} onAsked={desk.onChanged} />
      ) : writing ? (
        <FormBox
          title={t(writing === 'zeggen' ? 'notes.say_title' : 'notes.wrong_title')}
          level={3}
          save={t('notes.send')}
          onSave={async () => {
            if (said.trim() === '') {
              setMissing(true);
              return false;
            }
            return react(writing, said.trim());
          }}
          onDone={close}
          onCancel={close}
        >
          <Field
            label={t(writing === 'zeggen' ? 'notes.say_what' : 'notes.wrong_what')}
            hint={t('notes.stays')}
            multiline
            required
            error={missing ? t('common.required') : null}
            value={said}
            onChange={(value) => {
              setSaid(value);
              setMissing(false);
            }}
          />
        </FormBox>
      ) : answers ? (
        <div className="kt-answers" ref={buttons}>
          {answered ? null : (
            <>
              <Button icon="check" label={t('notes.right_label', { name: firstName(name) })} onClick={() => void react('klopt', '')}>
                {t('notes.right')}
              </Button>
              <span data-answer="klopt_niet">
                <Button icon="close" label={t('notes.wrong_label', { name: firstName(name) })} onClick={() => setWriting('klopt_niet')}>
                  {t('notes.wrong')}
                </Button>
              </span>
            </>
          )}
          <span data-answer="zeggen">
            <Button icon="speech" label={t('notes.say_label', { name: firstName(name) })} onClick={() => setWriting('zeggen')}>
              {t('notes.say')}
            </Button>
          </span>
          <span data-answer="correction">
            <Button purpose="subtle" icon="pencil" label={t('correction.ask_label', { name: firstName(name) })} onClick={() => setWriting('correction')}>
              {t('correction.ask')}
            </Button>
          </span>
          <ReadAloud text={plain ?? original ?? ''} label={t('correction.read_label', { name: firstName(name) })} />
        </div>
      ) : null}
      <div className="kt-tools">
        <HistoryOf desk={desk} item={note.id} kind={note.kind} name={t('notes.by', { name, day })} level={3} />
      </div>
    </article>
  );
}

/** A helper writes a note: their own words, and the same in plain language. */
function WriteNote({ desk }: { desk: Desk }) {
  const { t } = useWords();
  const steps = useSteps();
  const [own, setOwn] = useState('');
  const [plain, setPlain] = useState('');
  const [missing, setMissing] = useState(false);
  function empty() {
    setOwn('');
    setPlain('');
    setMissing(false);
  }
  async function save() {
    if (own.trim() === '') {
      setMissing(true);
      return false;
    }
    // A voice is never taken back in silence: whoever thinks otherwise says so below it.
    const saved = await steps.take({ method: 'note_add', params: { dossier: desk.dossier, section: desk.section, text: own.trim(), plain: plain.trim() || null, hat: null, readers: [] } }, t('notes.written'), { undo: false });
    if (saved) {
      await desk.onChanged();
      empty();
    }
    return saved;
  }
  return (
    <div className="kt-add-goal">
      <AddForm button={t('notes.write')} purpose="primary" title={t('notes.write')} level={2} save={t('notes.write_save')} onSave={save} onCancel={empty}>
        <Field
          label={t('notes.write_own')}
          hint={t('notes.write_own_hint')}
          multiline
          required
          error={missing ? t('common.required') : null}
          value={own}
          onChange={(value) => {
            setOwn(value);
            setMissing(false);
          }}
        />
        <Field label={t('notes.write_plain')} note={t('common.optional')} hint={t('notes.write_plain_hint')} multiline value={plain} onChange={setPlain} />
      </AddForm>
    </div>
  );
}
