import { useEffect, useId, useRef, useState } from 'react';
import { Badge } from '../../components/Badge';
import { Button } from '../../components/Button';
import { DayField, type TypedDay, typedDay } from '../../components/DayField';
import { Face } from '../../components/Faces';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { PageTitle, Title } from '../../components/Title';
import type { AccessPerson } from '../../generated/AccessPerson';
import type { AccessView } from '../../generated/AccessView';
import type { DeliveryView } from '../../generated/DeliveryView';
import type { DossierCard } from '../../generated/DossierCard';
import type { EndedView } from '../../generated/EndedView';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { FormBox } from '../edit/FormBox';
import { splitDay } from '../edit/spec';
import { Looking } from '../looking/Looking';
import { capital, firstName, listed, named } from '../people/names';
import { Live } from '../shell/Live';
import { hrefOf } from '../shell/route';
import { useSteps } from '../shell/Steps';
import { useDeliveryWords } from './delivery';
import { type Before, BeforeChoice } from './BeforeChoice';
import { admits, grantsOf, levelsOf, type Levels } from './grants';
import { Invitations, useInvitations } from './Invitations';
import { LevelPicker } from './LevelPicker';
import { ScopeWords, useSectionNames } from './ScopeWords';

/** Who looks along: what, why, until when, what their devices have; to be changed and stopped here. */
export function AccessPage({ dossier }: { dossier: DossierCard }) {
  const { t } = useWords();
  const own = (event: { event: string }) => event.event !== 'peer';
  const access = useAnswer({ method: 'access', params: { dossier: dossier.id } }, own);
  const invitations = useInvitations(dossier);
  // A device that came or went has a newer "last heard".
  const delivery = useAnswer({ method: 'sync_status', params: { dossier: dossier.id } }, () => true);
  const [seen, setSeen] = useState<AccessPerson | null>(null);
  async function refresh() {
    await Promise.all([access.refresh(), delivery.refresh()]);
  }
  if (seen !== null) {
    const name = firstName(seen.name);
    return (
      <Looking
        dossier={dossier}
        eyes={{ as: 'person', person: seen.person }}
        title={t('looking.as_title', { name })}
        lead={t('looking.as_lead', { name })}
        icon="eye"
        end={t('looking.as_end')}
        onEnd={() => {
          setSeen(null);
          requestAnimationFrame(() => document.getElementById(eyesOf(seen))?.querySelector('button')?.focus());
        }}
      />
    );
  }
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('access.title')}</PageTitle>
        <p className="kt-lead">{t(dossier.own ? 'access.lead' : 'access.lead_manages')}</p>
        <a className="kt-main-link" href={hrefOf({ page: 'invite', dossier: dossier.id })}>
          <Icon name="plus" />
          {t('access.invite')}
        </a>
      </div>
      <Live answer={invitations}>
        {(out) => (
          <Live answer={access}>
            {(view) => (
              <>
                <Invitations dossier={dossier} invitations={out} onChanged={invitations.refresh} />
                <People dossier={dossier} view={view} delivery={delivery.data ?? []} onLook={setSeen} onChanged={refresh} />
              </>
            )}
          </Live>
        )}
      </Live>
    </>
  );
}

/** Where the button stands that shows the dossier through somebody's eyes. */
function eyesOf(person: AccessPerson) {
  return `eyes-${person.principal}`;
}

function People({ dossier, view, delivery, onLook, onChanged }: { dossier: DossierCard; view: AccessView; delivery: readonly DeliveryView[]; onLook: (person: AccessPerson) => void; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const byName = [...view.people].sort((a, b) => a.name.localeCompare(b.name));
  const now = byName.filter((person) => person.ended === null);
  const over = byName.filter((person) => person.ended !== null);
  const of = (person: AccessPerson) => delivery.filter((one) => one.person === person.person);
  return (
    <>
      <section className="kt-kind" aria-labelledby="access-now">
        <Title level={2} id="access-now">
          {t('access.now')}
        </Title>
        {now.length === 0 ? <p className="kt-card kt-quiet">{t('access.nobody')}</p> : null}
        <ul className="kt-list">
          {now.map((person) => (
            <li key={person.principal}>
              <Person dossier={dossier} person={person} devices={of(person)} onLook={() => onLook(person)} onChanged={onChanged} />
            </li>
          ))}
        </ul>
      </section>
      {over.length > 0 ? (
        <section className="kt-kind" aria-labelledby="access-over">
          <Title level={2} id="access-over">
            {t('access.over')}
          </Title>
          <ul className="kt-list">
            {over.map((person) => (
              <li key={person.principal} className="kt-card kt-item">
                <PersonTop person={person} />
                {person.ended && dossier.own ? <Copies name={firstName(person.name)} ended={person.ended} /> : null}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

/** Somebody who does not see what was there before they came. */
function readsFromNow(person: AccessPerson) {
  return person.scopes.some((scope) => scope.from_now);
}

function PersonTop({ person }: { person: AccessPerson }) {
  const { term } = useWords();
  const work = [person.role ? term('role', person.role) : null, person.organisation].filter(Boolean).join(', ');
  return (
    <div className="kt-person-top">
      <Face name={person.name} />
      <div>
        <Title level={3} userText>
          {person.name}
        </Title>
        {work ? (
          <p className="kt-quiet" dir="auto">
            {capital(work)}
          </p>
        ) : null}
      </div>
    </div>
  );
}

function Person({ dossier, person, devices, onLook, onChanged }: { dossier: DossierCard; person: AccessPerson; devices: readonly DeliveryView[]; onLook: () => void; onChanged: () => Promise<void> }) {
  const { t, dates, language } = useWords();
  const [open, setOpen] = useState<'change' | 'stop' | null>(null);
  const buttons = useRef<HTMLDivElement>(null);
  const back = useRef<'change' | 'stop' | null>(null);
  const name = firstName(person.name);
  useEffect(() => {
    if (open !== null || back.current === null) return;
    buttons.current?.querySelector<HTMLElement>(`[data-does="${back.current}"] button`)?.focus();
    back.current = null;
  }, [open]);
  function close() {
    back.current = open;
    setOpen(null);
  }

  return (
    <article className="kt-card kt-item">
      <PersonTop person={person} />
      {person.purpose ? (
        <p dir="auto">
          <strong>{t('access.why')}</strong> {person.purpose}
        </p>
      ) : null}
      {person.team ? (
        <p className="kt-fact">
          <Icon name="people" />
          <span dir="auto">{t('team.members', { names: listed(person.team.map((mate) => mate.name), language) })}</span>
        </p>
      ) : null}
      {person.let_in_by ? (
        <p className="kt-fact">
          <Icon name="shield" />
          <span>{t('access.let_in_by', { names: listed(named(person.let_in_by), language) })}</span>
        </p>
      ) : null}
      {open === 'change' ? (
        <Change dossier={dossier} person={person} onChanged={onChanged} onDone={close} />
      ) : (
        <>
          <ScopeWords dossier={dossier} scopes={person.scopes} />
          {readsFromNow(person) ? (
            <p className="kt-fact">
              <Icon name="clock" />
              {t('access.from_now')}
            </p>
          ) : null}
          <p className="kt-fact">
            <Icon name="calendar" />
            {person.until ? t('access.until', { day: dates.date(person.until) }) : t('access.no_end')}
          </p>
          <Devices devices={devices} />
          {person.compared ? null : (
            <Badge icon="alert" tone="warm">
              {t('access.not_compared')}
            </Badge>
          )}
          {open === 'stop' ? (
            <Stop dossier={dossier} person={person} onChanged={onChanged} onDone={close} />
          ) : person.fixed ? null : (
            <div className="kt-tools" ref={buttons}>
              {dossier.own ? (
                <span id={eyesOf(person)}>
                  <Button icon="eye" onClick={onLook}>
                    {t('looking.as_button', { name })}
                  </Button>
                </span>
              ) : null}
              <span data-does="change">
                <Button icon="pencil" label={t('access.change_label', { name })} onClick={() => setOpen('change')}>
                  {t('access.change')}
                </Button>
              </span>
              <span data-does="stop">
                <Button icon="stop" label={t('access.stop_label', { name })} onClick={() => setOpen('stop')}>
                  {t('access.stop')}
                </Button>
              </span>
            </div>
          )}
        </>
      )}
    </article>
  );
}

/** What each device of somebody has, in words. */
function Devices({ devices }: { devices: readonly DeliveryView[] }) {
  const { t } = useWords();
  const words = useDeliveryWords();
  if (devices.length === 0) {
    return (
      <p className="kt-fact">
        <Icon name="screen" />
        {t('access.no_device')}
      </p>
    );
  }
  return (
    <ul className="kt-devices">
      {devices.map((device, index) => (
        <li key={device.device} className="kt-fact">
          <Icon name={device.waiting === 0 ? 'check' : 'clock'} />
          <span>
            {devices.length > 1 ? `${t('access.device', { number: index + 1 })} ` : null}
            {words(device)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What is known of the copies after access ended, computer by computer. */
function Copies({ name, ended }: { name: string; ended: EndedView }) {
  const { t } = useWords();
  const devices = ended.devices.length > 0 ? ended.devices : [{ device: '', confirmed: ended.confirmed }];
  return (
    <ul className="kt-devices">
      {devices.map((device, index) => (
        <li key={device.device} className="kt-fact">
          <Icon name={device.confirmed ? 'check' : 'clock'} />
          <span>
            {devices.length > 1
              ? `${t('access.device', { number: index + 1 })} ${t(device.confirmed ? 'access.copy_gone' : 'access.copy_not_yet')}`
              : t(device.confirmed ? 'access.gone' : 'access.not_gone', { name })}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The second of two taps: what ends and what does not, before it happens. */
function Stop({ dossier, person, onChanged, onDone }: { dossier: DossierCard; person: AccessPerson; onChanged: () => Promise<void>; onDone: () => void }) {
  const { t, language } = useWords();
  const steps = useSteps();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const panel = useRef<HTMLDivElement>(null);
  const sectionName = useSectionNames(dossier);
  const mine = new Set(admits(dossier).map((section) => section.id));
  const name = firstName(person.name);
  useEffect(() => panel.current?.focus(), []);

  async function stop() {
    setBusy(true);
    // Trust that was taken back comes back by a new invitation, never by undo.
    const done = await steps.take({ method: 'revoke', params: { dossier: dossier.id, person: person.person, keep_unseen: false } }, t('access.stopped', { name }), { undo: false });
    if (done) await onChanged();
    else setBusy(false);
  }

  return (
    <div
      className="kt-form kt-stop"
      role="group"
      aria-labelledby={id}
      tabIndex={-1}
      ref={panel}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone();
      }}
    >
      <Title level={4} id={id}>
        {t('access.stop_title', { name })}
      </Title>
      <ul className="kt-lines">
        <li>
          <Icon name="stop" />
          <span>{t('access.stop_ends', { name, sections: listed(person.scopes.filter((scope) => mine.has(scope.section)).map((scope) => sectionName(scope.section)), language) })}</span>
        </li>
        {person.let_in ? (
          <li>
            <Icon name="people" />
            <span>{t('access.stop_let_in', { name, names: listed(named(person.let_in), language) })}</span>
          </li>
        ) : null}
        <li>
          <Icon name="bin" />
          <span>{t('access.stop_copy', { name })}</span>
        </li>
        <li>
          <Icon name="book" />
          <span>{t('access.stop_stays', { name })}</span>
        </li>
        <li>
          <Icon name="alert" />
          <span>{t('access.stop_cannot', { name })}</span>
        </li>
      </ul>
      <div className="kt-buttons">
        <Button purpose="primary" busy={busy} onClick={() => void stop()}>
          {busy ? t('common.busy') : t('access.stop_now')}
        </Button>
        <Button purpose="subtle" onClick={onDone}>
          {t('access.stop_not')}
        </Button>
      </div>
    </div>
  );
}

function Change({ dossier, person, onChanged, onDone }: { dossier: DossierCard; person: AccessPerson; onChanged: () => Promise<void>; onDone: () => void }) {
  const { t } = useWords();
  const steps = useSteps();
  const mine = new Set(admits(dossier).map((section) => section.id));
  const [levels, setLevels] = useState<Levels>(() => levelsOf(person.scopes.filter((scope) => mine.has(scope.section))));
  const [until, setUntil] = useState<TypedDay>(() => splitDay(person.until));
  const [purpose, setPurpose] = useState(person.purpose ?? '');
  const late = readsFromNow(person);
  // Whoever sees only what is about certain people sees no past anyway.
  const chooses = dossier.own && !person.scopes.some((scope) => scope.only_about);
  const [before, setBefore] = useState<Before>(late ? 'now' : 'all');
  const [noDay, setNoDay] = useState(false);
  const [nothing, setNothing] = useState(false);
  const name = firstName(person.name);

  async function save() {
    const day = typedDay(until);
    const grants = grantsOf(levels);
    setNoDay(day === null);
    setNothing(grants.length === 0);
    if (day === null || grants.length === 0) return false;
    const saved = await steps.take({ method: 'change_access', params: { dossier: dossier.id, person: person.person, grants, until: day, purpose: purpose.trim(), ...((before === 'now') === late ? {} : { from_now: before === 'now' }) } }, t('access.changed', { name }), { undo: false });
    if (saved) await onChanged();
    return saved;
  }

  return (
    <FormBox title={t('access.change_title', { name })} level={4} save={t('access.change_save')} onSave={save} onDone={onDone} onCancel={onDone}>
      <LevelPicker
        dossier={dossier}
        levels={levels}
        onChange={(next) => {
          setLevels(next);
          setNothing(false);
        }}
      />
      {nothing ? (
        <p className="kt-error" role="alert">
          <Icon name="alert" />
          {t('access.nothing_change')}
        </p>
      ) : null}
      {chooses ? <BeforeChoice value={before} onChange={setBefore} /> : null}
      {before === 'now' && !late ? <p className="kt-hint">{t('access.from_now_late')}</p> : null}
      <Field label={t('access.purpose')} hint={t('access.purpose_hint')} value={purpose} onChange={setPurpose} />
      <DayField
        legend={t('access.until_when')}
        note={t('access.no_end_note')}
        labels={{ day: t('date.day'), month: t('date.month'), year: t('date.year') }}
        error={noDay ? t('date.no_such_day') : null}
        value={until}
        onChange={(value) => {
          setUntil(value);
          setNoDay(false);
        }}
      />
      <Fold summary={t('access.what_levels')}>
        <p>{t('access.what_levels_text')}</p>
      </Fold>
    </FormBox>
  );
}
