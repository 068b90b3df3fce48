import { Badge } from '../../components/Badge';
import { tint } from '../../components/Faces';
import { PageTitle, Title } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import { useWords } from '../../i18n/I18n';
import { hrefOf } from '../shell/route';

/** All dossiers that this person has something in, each with its own colour and name band. */
export function DossiersPage({ dossiers }: { dossiers: readonly DossierCard[] }) {
  const { t, term } = useWords();
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('dossiers.title')}</PageTitle>
        <p className="kt-lead">{t('dossiers.lead')}</p>
      </div>
      <ul className="kt-dossiers">
        {dossiers.map((dossier) => (
          <li key={dossier.id} className="kt-card kt-dossier" data-tint={tint(dossier.id)}>
            <Badge icon={dossier.own ? 'home' : 'person'} tone={dossier.own ? 'accent' : 'plain'}>
              {dossier.own ? t('dossiers.own') : t('dossiers.helping')}
            </Badge>
            <Title level={2} userText>
              <a href={hrefOf({ page: 'today', dossier: dossier.id })}>{dossier.title}</a>
            </Title>
            {!dossier.own && dossier.sections.length > 0 ? (
              <>
                <p className="kt-quiet">{t('dossiers.sections', { count: dossier.sections.length })}</p>
                <ul className="kt-chips">
                  {dossier.sections.map((section) => (
                    <li key={section.id}>
                      <strong>{section.label ?? term('section', section.id)}</strong>
                      <span>{section.content ? term('right', section.right) : t('dossiers.only_that')}</span>
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
