import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { Button } from '../../components/Button';
import { Choice } from '../../components/Choice';
import { DayField, type TypedDay, typedDay } from '../../components/DayField';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Pick } from '../../components/Pick';
import { focusNextTitle, PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { PersonRef } from '../../generated/PersonRef';
import type { ProposalView } from '../../generated/ProposalView';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { splitDay } from '../edit/spec';
import { Looking } from '../looking/Looking';
import { firstName, listed } from '../people/names';
import { Live } from '../shell/Live';
import { hrefOf } from '../shell/route';
import { useSteps } from '../shell/Steps';
import { useSection } from '../sections/useDesk';
import { admits, grantsOf, type Level, levelsOf, type Levels, PRESETS, type Preset } from './grants';
import { TheInvitation } from './Invitations';
import { type Before, BeforeChoice } from './BeforeChoice';
import { LevelPicker } from './LevelPicker';
import { LevelWords } from './ScopeWords';
import { daysLater } from '../../i18n/dates';

const NEW = '';
const HOURS = { day: 24, week: 168, month: 720 } as const;

/** Person → what for → which parts → the ticket; then the code. */
export function InvitePage({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const [made, setMade] = useState<string | null>(null);
  const [offer, setOffer] = useState<Offer | null>(null);
  // Names are known in every part; a representative may not see the people themselves.
  const people = useSection(dossier, dossier.own ? 'netwerk' : (admits(dossier)[0]?.id ?? 'netwerk'));
  const proposals = useAnswer({ method: 'proposals', params: { dossier: dossier.id } }, () => false);
  const access = useAnswer({ method: 'access', params: { dossier: dossier.id } }, (event) => event.event === 'joined');
  const inside = new Set(access.data?.people.filter((person) => person.ended === null).map((person) => person.person));

  if (made !== null) {
    return (
      <>
        <div className="kt-page-top">
          <PageTitle key="made">{t('access.made_title')}</PageTitle>
        </div>
        <TheInvitation dossier={dossier} id={made} />
        <div className="kt-buttons">
          <a className="kt-main-link" href={hrefOf({ page: 'access', dossier: dossier.id })}>
            {t('access.to_access')}
          </a>
          <Button onClick={() => setMade(null)}>{t('access.another')}</Button>
        </div>
      </>
    );
  }
  return (
    <>
      {offer ? (
        <Looking
          dossier={dossier}
          eyes={{ as: 'offer', person: offer.person, name: offer.name, grants: offer.grants, ...(offer.fromNow ? { from_now: true } : {}) }}
          title={t('looking.offer_title', { name: firstName(offer.name) })}
          lead={t('looking.offer_lead', { name: firstName(offer.name) })}
          icon="eye"
          end={t('looking.offer_end')}
          onEnd={() => {
            setOffer(null);
            requestAnimationFrame(() => document.getElementById('invite-look')?.querySelector('button')?.focus());
          }}
        />
      ) : null}
      <div className="kt-page-top" hidden={offer !== null}>
        <PageTitle key="invite">{t('access.invite_title')}</PageTitle>
        <p className="kt-lead">{t('access.invite_lead')}</p>
      </div>
      <div hidden={offer !== null}>
        <Live answer={people}>{(view) => <Form dossier={dossier} people={view.people.filter((person) => person.id !== dossier.me && !inside.has(person.id))} proposals={proposals.data ?? []} today={view.date} onLook={setOffer} onMade={setMade} />}</Live>
      </div>
    </>
  );
}

const ROLES = ['mantelzorger', 'familie', 'vriend', 'buur', 'vrijwilliger', 'wijkteam', 'jeugdhulp', 'schuldhulp', 'huisarts', 'praktijkondersteuner', 'apotheek', 'school', 'clientondersteuner', 'bewindvoerder', 'mentor', 'woningcorporatie'] as const;

/** What would be offered, to be looked at before it is. */
interface Offer {
  person: string | null;
  name: string;
  grants: string[];
  fromNow: boolean;
}

function Form({ dossier, people, proposals, today, onLook, onMade }: { dossier: DossierCard; people: readonly PersonRef[]; proposals: readonly ProposalView[]; today: string; onLook: (offer: Offer) => void; onMade: (id: string) => void }) {
  const { t, term, language } = useWords();
  const steps = useSteps();
  const [person, setPerson] = useState(NEW);
  const [name, setName] = useState('');
  const [role, setRole] = useState('');
  const [purpose, setPurpose] = useState('');
  const [levels, setLevels] = useState<Levels>({});
  const [until, setUntil] = useState<TypedDay>(() => splitDay(daysLater(today, 182)));
  const [before, setBefore] = useState<Before>('all');
  const [valid, setValid] = useState<keyof typeof HOURS>('week');
  const [wrong, setWrong] = useState<Partial<Record<'name' | 'purpose' | 'levels' | 'until', Key>>>({});
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-wrong]')?.focus();
  }, [refused]);
  const proposal = proposals.find((one) => one.person === person) ?? null;
  // Whoever sees only what is about certain people sees no past anyway.
  const fromNow = before === 'now' && !proposal?.only_about;
  const known = people.find((one) => one.id === person)?.name ?? null;

  function choose(id: string) {
    setPerson(id);
    setWrong({});
    const proposed = proposals.find((one) => one.person === id);
    if (!proposed) return;
    setLevels(levelsOf(proposed.scopes));
    setPurpose((was) => was || (proposed.purpose ?? ''));
    if (proposed.until && proposed.until >= today) setUntil(splitDay(proposed.until));
  }
  function preset(which: Preset) {
    const shown = new Set(admits(dossier).map((section) => section.id));
    setLevels(Object.fromEntries(Object.entries(PRESETS[which]).filter(([section]) => shown.has(section))) as Record<string, Level>);
    setWrong(({ levels: _, ...others }) => others);
  }
  function look() {
    const grants = grantsOf(levels);
    const found: typeof wrong = {};
    if (person === NEW && name.trim() === '') found.name = 'common.required';
    if (grants.length === 0) found.levels = 'access.nothing';
    setWrong(found);
    if (Object.keys(found).length > 0) setRefused((times) => times + 1);
    else onLook({ person: person || null, name: known ?? name.trim(), grants, fromNow });
  }
  async function make(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const day = typedDay(until);
    const grants = grantsOf(levels);
    const found: typeof wrong = {};
    if (person === NEW && name.trim() === '') found.name = 'common.required';
    if (purpose.trim() === '') found.purpose = 'access.purpose_missing';
    if (grants.length === 0) found.levels = 'access.nothing';
    if (day === null) found.until = 'date.no_such_day';
    else if (day !== '' && day < today) found.until = 'access.until_past';
    setWrong(found);
    if (Object.keys(found).length > 0) {
      setRefused((times) => times + 1);
      return;
    }
    setBusy(true);
    const invited = await steps.ask(
      {
        method: 'invite',
        params: {
          dossier: dossier.id,
          person: person || null,
          name: person ? known : name.trim(),
          role: role || null,
          purpose: purpose.trim(),
          grants,
          until: day || null,
          hints: [],
          hours: HOURS[valid],
          ...(fromNow ? { from_now: true } : {}),
        },
      },
      null,
      { undo: false },
    );
    setBusy(false);
    if (invited) {
      focusNextTitle();
      onMade(invited.id);
    }
  }

  return (
    <form ref={form} className="kt-invite" noValidate aria-label={t('access.invite_title')} onSubmit={(event) => void make(event)}>
      <section className="kt-card kt-stack" aria-labelledby="invite-who">
        <Title level={2} id="invite-who">
          {t('access.who')}
        </Title>
        <Pick label={t('access.person')} value={person} options={[{ value: NEW, label: t('access.person_new') }, ...people.map(({ id, name: named }) => ({ value: id, label: named ?? id }))]} onChange={choose} />
        {person === NEW ? (
          <Field
            label={t('access.name')}
            required
            error={wrong.name ? t(wrong.name) : null}
            value={name}
            onChange={(value) => {
              setName(value);
              setWrong(({ name: _, ...others }) => others);
            }}
          />
        ) : null}
        {proposal ? null : <Pick label={t('people.role')} note={t('common.optional')} value={role} options={[{ value: '', label: t('edit.not_said') }, ...ROLES.map((one) => ({ value: one, label: term('role', one) }))]} onChange={setRole} />}
        {proposal ? <p className="kt-hint">{t('access.proposed')}</p> : null}
        {proposal?.only_about ? <p className="kt-hint">{t('access.only_about', { names: listed(proposal.only_about.map((one) => one.name ?? t('common.unknown_person')), language) })}</p> : null}
      </section>
      <section className="kt-card kt-stack" aria-labelledby="invite-why">
        <Title level={2} id="invite-why">
          {t('access.what_for')}
        </Title>
        <Field
          label={t('access.purpose')}
          hint={t('access.purpose_hint')}
          required
          error={wrong.purpose ? t(wrong.purpose) : null}
          value={purpose}
          onChange={(value) => {
            setPurpose(value);
            setWrong(({ purpose: _, ...others }) => others);
          }}
        />
        <DayField
          legend={t('access.until_when')}
          note={t('common.optional')}
          labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }}
          error={wrong.until ? t(wrong.until) : null}
          value={until}
          onChange={(value) => {
            setUntil(value);
            setWrong(({ until: _, ...others }) => others);
          }}
        />
      </section>
      <section className="kt-card kt-stack" aria-labelledby="invite-what">
        <Title level={2} id="invite-what">
          {t('access.what')}
        </Title>
        <p className="kt-label" id="invite-presets">
          {t('access.presets')}
        </p>
        <div role="group" aria-labelledby="invite-presets" className="kt-buttons">
          {(Object.keys(PRESETS) as Preset[]).filter((which) => admits(dossier).some((section) => section.id in PRESETS[which])).map((which) => (
            <Button key={which} onClick={() => preset(which)}>
              {t(`access.preset_${which}`)}
            </Button>
          ))}
        </div>
        {grantsOf(levels).length > 0 ? <LevelWords dossier={dossier} levels={levels} /> : null}
        <Fold summary={t('access.choose_each')}>
          <LevelPicker
            dossier={dossier}
            levels={levels}
            onChange={(next) => {
              setLevels(next);
              setWrong(({ levels: _, ...others }) => others);
            }}
          />
        </Fold>
        {wrong.levels ? (
          <p className="kt-error" tabIndex={-1} data-wrong>
            <Icon name="alert" />
            {t(wrong.levels)}
          </p>
        ) : null}
        {proposal?.only_about || !dossier.own ? null : <BeforeChoice value={before} onChange={setBefore} />}
      </section>
      <section className="kt-card kt-stack" aria-labelledby="invite-check">
        <Title level={2} id="invite-check">
          {t('access.check')}
        </Title>
        {dossier.own ? (
          <p id="invite-look">
            <Button icon="eye" onClick={look}>
              {t('looking.offer_button')}
            </Button>
          </p>
        ) : null}
        <Choice
          legend={t('access.valid')}
          value={valid}
          options={[
            { value: 'day', label: t('access.valid_day') },
            { value: 'week', label: t('access.valid_week') },
            { value: 'month', label: t('access.valid_month') },
          ]}
          onChange={setValid}
        />
        <div className="kt-buttons">
          <Button type="submit" purpose="primary" busy={busy}>
            {busy ? t('common.busy') : t('access.make')}
          </Button>
          <a className="kt-link" href={hrefOf({ page: 'access', dossier: dossier.id })}>
            {t('common.cancel')}
          </a>
        </div>
      </section>
    </form>
  );
}
