import { Badge } from '../../components/Badge';
import { tint } from '../../components/Faces';
import { Icon } from '../../components/Icon';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import { sectionName, useWords } from '../../i18n/I18n';
import { hrefOf } from '../shell/route';
import { Over, useDossierTitle } from './Over';

/** All dossiers that this person has something in, each with its own colour and name band. */
export function DossiersPage({ dossiers }: { dossiers: readonly DossierCard[] }) {
  const words = useWords();
  const { t, term } = words;
  const titleOf = useDossierTitle();
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('dossiers.title')}</PageTitle>
        <p className="kt-lead">{t('dossiers.lead')}</p>
        <a className="kt-main-link" href={hrefOf({ page: 'join' })}>
          <Icon name="plus" />
          {t('dossiers.invited')}
        </a>
      </div>
      <ul className="kt-dossiers">
        {dossiers.map((dossier) => (
          <li key={dossier.id} className="kt-card kt-dossier" data-tint={tint(dossier.id)}>
            <Badge icon={dossier.own ? 'home' : 'person'} tone={dossier.own ? 'accent' : 'plain'}>
              {dossier.own ? t('dossiers.own') : dossier.over ? t('dossiers.over') : t('dossiers.helping')}
            </Badge>
            <Title level={2} userText>
              <a href={hrefOf({ page: 'today', dossier: dossier.id })}>{titleOf(dossier)}</a>
            </Title>
            {dossier.over ? <Over dossier={dossier} over={dossier.over} /> : null}
            {!dossier.own && dossier.sections.length > 0 ? (
              <>
                <p className="kt-quiet">{t('dossiers.sections', { count: dossier.sections.length })}</p>
                <ul className="kt-chips">
                  {dossier.sections.map((section) => (
                    <li key={section.id}>
                      <strong>{sectionName(section, words)}</strong>
                      <span>{section.some ? t('dossiers.only_some') : section.content ? term('right', section.right) : t('dossiers.only_that')}</span>
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
          </li>
        ))}
      </ul>
    </>
  );
}
