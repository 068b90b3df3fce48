import { type ReactNode, useState } from 'react';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { SectionCard } from '../../generated/SectionCard';
import type { Key } from '../../i18n/catalogue';
import { sectionName, useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';
import { AddForm } from '../edit/AddForm';
import { useLookingOnly } from '../looking/only';
import { firstName, listed } from '../people/names';
import { hrefOf, sectionRoute } from '../shell/route';
import { useSteps } from '../shell/Steps';
import { sectionIcon } from './icons';

/** All parts of the dossier, each one tap away. */
export function SectionsPage({ dossier, onChanged }: { dossier: DossierCard; onChanged: () => Promise<void> }) {
  const { t, term } = useWords();
  const looking = useLookingOnly();
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{dossier.own ? t('sections.all') : t('sections.all_helper')}</PageTitle>
        <p className="kt-lead">{dossier.own ? t('sections.all_lead') : t('sections.all_lead_helper')}</p>
      </div>
      {dossier.own && !looking ? <OwnTiles dossier={dossier} /> : <Tiles dossier={dossier} about={(section) => (dossier.own ? null : section.gate ? t(`crisis.gate_${section.gate}`) : section.some ? t('dossiers.only_some') : section.content ? term('right', section.right) : t('dossiers.only_that'))} />}
      {looking ? null : (
        <p>
          <a className="kt-link" href={hrefOf({ page: 'past', dossier: dossier.id, at: null })}>
            {t('looking.past_choose')}
          </a>
        </p>
      )}
      {dossier.own && !looking ? <NewSection dossier={dossier.id} onChanged={onChanged} /> : null}
    </>
  );
}

function Tiles({ dossier, about }: { dossier: DossierCard; /** What is said of a part below its name. */ about: (section: SectionCard) => ReactNode }) {
  const words = useWords();
  return (
    <ul className="kt-tiles">
      {dossier.sections.map((section) => (
        <li key={section.id} className="kt-card kt-tile">
          <Icon name={sectionIcon(section.id)} />
          <Title level={2}>
            <a href={hrefOf(sectionRoute(dossier.id, section.id))} dir="auto">
              {sectionName(section, words)}
            </a>
          </Title>
          <p className="kt-quiet">{about(section)}</p>
        </li>
      ))}
    </ul>
  );
}

/** The resident's own parts, each with who else reads it. */
function OwnTiles({ dossier }: { dossier: DossierCard }) {
  const { t, language } = useWords();
  const { data } = useAnswer({ method: 'access', params: { dossier: dossier.id } }, (event) => event.event !== 'peer');
  function about({ id }: SectionCard): ReactNode {
    if (data === null) return null;
    const names = data.people.filter((person) => person.scopes.some((scope) => scope.section === id && scope.content && !scope.emergency && !scope.only_about)).map((person) => person.name);
    if (names.length === 0) return t('sections.only_you');
const some = names.length <= 2 ? names.map(firstName) : [firstName(names[0] ?? ''), t('sections.others', { count: names.length - 1 })];
    return t('sections.read_by', { names: listed([t('sections.you'), ...some], language) });
  }
  return <Tiles dossier={dossier} about={about} />;
}

function NewSection({ dossier, onChanged }: { dossier: string; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [label, setLabel] = useState('');
  const [wrong, setWrong] = useState<Key | null>(null);
  function empty() {
    setLabel('');
    setWrong(null);
  }
  async function save() {
    const name = label.trim();
    if (name === '' || [...name].length > 60) {
      setWrong(name === '' ? 'common.required' : 'sections.new_long');
      return false;
    }
    // A section cannot be taken away again by undo: it is empty, and only the resident sees it.
    const saved = await steps.take({ method: 'section_new', params: { dossier, label: name } }, t('sections.new_made', { name }), { undo: false });
    if (saved) {
      await onChanged();
      empty();
    }
    return saved;
  }
  return (
    <AddForm button={t('sections.new')} purpose="secondary" title={t('sections.new')} level={2} save={t('sections.new_save')} onSave={save} onCancel={empty}>
      <Field
        label={t('sections.new_name')}
        hint={t('sections.new_hint')}
        error={wrong ? t(wrong) : null}
        required
        value={label}
        onChange={(value) => {
          setLabel(value);
          setWrong(null);
        }}
      />
    </AddForm>
  );
}
