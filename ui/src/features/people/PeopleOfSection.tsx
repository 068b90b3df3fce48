import { Face } from '../../components/Faces';
import { Icon } from '../../components/Icon';
import { LongList } from '../../components/LongList';
import { Title } from '../../components/Title';
import type { ItemView } from '../../generated/ItemView';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { AddItem, type Desk, Editable } from '../edit/items';
import { flag, type Question, text, texts } from '../edit/spec';
import { Facts, nameOf, title } from '../sections/facts';
import { ItemsOfKind } from '../sections/Items';
import { Ecogram, Genogram } from './Drawings';
import { capital } from './names';

const PERSON: readonly Question[] = [
  { name: 'name', as: 'text', label: 'sections.name', required: true },
  {
    name: 'kind',
    as: 'choice',
    label: 'people.kind',
    options: [
      { value: 'netwerk', label: 'people.kind_netwerk' },
      { value: 'professional', label: 'people.kind_professional' },
      { value: 'kind', label: 'people.kind_kind' },
    ],
  },
  {
    name: 'role',
    as: 'pick',
    label: 'people.role',
    options: (['mantelzorger', 'familie', 'vriend', 'buur', 'vrijwilliger', 'wijkteam', 'jeugdhulp', 'schuldhulp', 'huisarts', 'praktijkondersteuner', 'school', 'clientondersteuner', 'bewindvoerder', 'mentor', 'woningcorporatie'] as const).map((role) => ({ value: role, label: `term.role.${role}` as Key })),
  },
  { name: 'function', as: 'text', label: 'people.function' },
  { name: 'org_id', as: 'organisation', label: 'people.organisation' },
  { name: 'phone', as: 'text', label: 'sections.phone' },
  { name: 'email', as: 'text', label: 'people.email' },
  { name: 'note', as: 'long', label: 'sections.remark' },
];

/** The resident changes who they are at the start page of the program, not their own role here. */
const SELF: readonly Question[] = PERSON.filter(({ name }) => !['kind', 'role', 'org_id', 'function'].includes(name));

const HELP: readonly Question[] = [
  { name: 'helps_with', as: 'lines', label: 'people.helps_with' },
  { name: 'contact', as: 'text', label: 'people.contact', hint: 'people.contact_hint' },
  {
    name: 'strength',
    as: 'pick',
    label: 'people.strength',
    options: [
      { value: 'sterk', label: 'term.strength.sterk' },
      { value: 'gewoon', label: 'term.strength.gewoon' },
      { value: 'gespannen', label: 'term.strength.gespannen' },
    ],
  },
  { name: 'may_be_asked', as: 'tick', label: 'people.may_be_asked' },
];

const GROUPS: readonly { kinds: readonly string[]; heading: Key }[] = [
  { kinds: ['inwoner', 'kind', 'gezin'], heading: 'people.group_home' },
  { kinds: ['netwerk'], heading: 'people.group_near' },
  { kinds: ['professional'], heading: 'people.group_helpers' },
];

/** Everybody around the resident: at home, near, and helpers, with their telephone. */
export function PeopleOfSection({ desk, byKind, add }: { desk: Desk; byKind: ReadonlyMap<string, ItemView[]>; add: boolean }) {
  const { t } = useWords();
  const people = byKind.get('people') ?? [];
  const grouped = GROUPS.map((group) => ({ ...group, people: people.filter((person) => group.kinds.includes(text(person, 'kind') ?? '')) }));
  const others = people.filter((person) => !GROUPS.some((group) => group.kinds.includes(text(person, 'kind') ?? '')));
  if (others.length > 0) grouped.push({ kinds: [], heading: 'people.group_others', people: others });
  const help = byKind.get('network') ?? [];
  const relations = byKind.get('relations') ?? [];
  const resident = people.find((person) => text(person, 'kind') === 'inwoner')?.id ?? null;
  return (
    <>
      {add ? (
        <div className="kt-add-goal">
          <AddItem desk={desk} kind="people" questions={PERSON} button={t('people.add')} said={t('people.added')} main level={2} />
        </div>
      ) : null}
      {grouped
        .filter((group) => group.people.length > 0)
        .map((group) => (
          <section key={group.heading} className="kt-kind" aria-labelledby={group.heading}>
            <Title level={2} id={group.heading}>
              {t(group.heading)}
            </Title>
            <LongList items={group.people} keyOf={(person) => person.id} estimate={200} className="kt-people">
              {(person) => <Person person={person} desk={desk} help={help.find((one) => text(one, 'person_id') === person.id) ?? null} relations={relations} add={add} />}
            </LongList>
          </section>
        ))}
      <Genogram desk={desk} resident={resident} relations={relations} />
      <Ecogram desk={desk} resident={resident} contacts={help} />
      <ItemsOfKind kind="household" items={byKind.get('household') ?? []} desk={desk} add={add} />
      <ItemsOfKind kind="organisations" items={byKind.get('organisations') ?? []} desk={desk} add={add} folded />
      {['facts', 'story', 'flags'].map((kind) => (byKind.has(kind) ? <ItemsOfKind key={kind} kind={kind} items={byKind.get(kind) ?? []} desk={desk} add={false} /> : null))}
    </>
  );
}

function Person({ person, desk, help, relations, add }: { person: ItemView; desk: Desk; help: ItemView | null; relations: readonly ItemView[]; add: boolean }) {
  const { t, term } = useWords();
  const name = title(person, 'name') || t('common.unknown_person');
  const own = person.id === desk.me;
  const work = [text(person, 'function') ?? (text(person, 'role') ? term('role', text(person, 'role') ?? '') : null), nameOf(desk, text(person, 'org_id'))].filter(Boolean).join(', ');
  const ties = relations.filter((one) => text(one, 'from') === person.id && text(one, 'to') !== null);
  return (
    <article className="kt-card kt-person">
      <Editable desk={desk} item={person} name={name} questions={own ? SELF : PERSON} removable={!own} level={3} brief>
        <div className="kt-person-top">
          <Face name={name} />
          <div>
            <Title level={3} userText>
              {name}
            </Title>
            {work ? (
              <p className="kt-quiet" dir="auto">
                {capital(work)}
              </p>
            ) : null}
          </div>
        </div>
        {text(person, 'phone') ? (
          <p className="kt-phone">
            <Icon name="phone" />
            <bdi dir="ltr">{text(person, 'phone')}</bdi>
          </p>
        ) : null}
        <Facts
          rows={[
            [t('people.email'), text(person, 'email')],
            [t('people.ties'), ties.map((one) => t('people.tie', { kind: term('relation', text(one, 'type') ?? ''), name: nameOf(desk, text(one, 'to')) ?? t('common.unknown_person') })).join(', ')],
            [t('sections.remark'), text(person, 'note')],
          ]}
        />
      </Editable>
      {help ? (
        <div className="kt-help">
          <Editable desk={desk} item={help} name={t('people.help_of', { name })} questions={HELP} brief>
            <Facts
              rows={[
                [t('people.helps_with'), texts(help, 'helps_with').join(', ')],
                [t('people.contact'), text(help, 'contact')],
                [t('people.strength'), text(help, 'strength') ? term('strength', text(help, 'strength') ?? '') : null],
                [t('people.may_be_asked'), flag(help, 'may_be_asked') ? t('people.yes') : t('people.no')],
              ]}
            />
          </Editable>
        </div>
      ) : add && !own && text(person, 'kind') === 'netwerk' ? (
        <AddItem desk={desk} kind="network" questions={HELP} fixed={{ person_id: person.id }} button={t('people.add_help', { name })} said={t('sections.added')} level={4} />
      ) : null}
    </article>
  );
}
