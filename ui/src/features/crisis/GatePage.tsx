import { useState } from 'react';
import { Field } from '../../components/Field';
import { Notice } from '../../components/Notice';
import { PageTitle } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { SectionCard } from '../../generated/SectionCard';
import { sectionName, useWords } from '../../i18n/I18n';
import { AddForm } from '../edit/AddForm';
import { useLookingOnly } from '../looking/only';
import type { Route } from '../shell/route';
import { useSteps } from '../shell/Steps';

/** The section that a page shows, where it shows one. */
const SECTION_OF: Partial<Record<Route['page'], string>> = { plan: 'plan', agenda: 'agenda', notes: 'verslagen' };

/** The section of a page when it is shut on this device; none when the page can be shown. */
export function shutSection(route: Route, dossier: DossierCard): SectionCard | null {
  const named = route.page === 'section' ? route.section : SECTION_OF[route.page];
  return dossier.sections.find((one) => one.id === named && one.gate) ?? null;
}

/** Letters that a reason has at least; the program asks the same. */
const SHORTEST = 10;

/** What stands in the place of a section that is shut on this device though its content is here. */
export function GatePage({ dossier, section, onOpen }: { dossier: DossierCard; section: SectionCard; onOpen: () => Promise<void> }) {
  const words = useWords();
  const { t } = words;
  const looking = useLookingOnly();
  const title = sectionName(section, words);
  return (
    <>
      <PageTitle userText>{title}</PageTitle>
      {section.gate === 'over' ? (
        <Notice icon="clock" tone="warm" title={t('crisis.over_title')}>
          <p>{t('crisis.over')}</p>
          <p>{t('crisis.over_clock')}</p>
        </Notice>
      ) : (
        <>
          <Notice icon="lock" tone="warm" title={t('crisis.glass_title')}>
            <p>{t('crisis.glass')}</p>
            <p>{t('crisis.glass_told')}</p>
          </Notice>
          {looking ? null : <BreakGlass dossier={dossier.id} section={section.id} onOpen={onOpen} />}
        </>
      )}
    </>
  );
}

function BreakGlass({ dossier, section, onOpen }: { dossier: string; section: string; onOpen: () => Promise<void> }) {
  const { t } = useWords();
  const steps = useSteps();
  const [reason, setReason] = useState('');
  const [short, setShort] = useState(false);
  function empty() {
    setReason('');
    setShort(false);
  }
  async function open() {
    if (reason.replace(/[^\p{L}\p{N}]/gu, '').length < SHORTEST) {
      setShort(true);
      return false;
    }
    const opened = await steps.take({ method: 'emergency_open', params: { dossier, section, reason: reason.trim() } }, t('crisis.glass_opened'), { undo: false });
    if (opened) await onOpen();
    return opened;
  }
  return (
    <div className="kt-add-goal">
      <AddForm button={t('crisis.glass_button')} purpose="primary" title={t('crisis.glass_button')} level={2} save={t('crisis.glass_save')} onSave={open} onCancel={empty}>
        <Field
          label={t('crisis.glass_reason')}
          hint={t('crisis.glass_hint')}
          error={short ? t('crisis.glass_short') : null}
          multiline
          required
          value={reason}
          onChange={(value) => {
            setReason(value);
            setShort(false);
          }}
        />
      </AddForm>
    </div>
  );
}
