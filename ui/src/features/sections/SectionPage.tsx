import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { PageTitle } from '../../components/Title';
import type { DossierCard } from '../../generated/DossierCard';
import type { ItemView } from '../../generated/ItemView';
import type { SectionView } from '../../generated/SectionView';
import { sectionName, useWords } from '../../i18n/I18n';
import { admits } from '../access/grants';
import { CardOutside } from '../crisis/CardOutside';
import { number } from '../edit/spec';
import { SavePaper } from '../paper/SavePaper';
import { AddFile } from '../attachments/Attachments';
import { useLookingOnly } from '../looking/only';
import { PeopleOfSection } from '../people/PeopleOfSection';
import { SeenBy } from '../people/SeenBy';
import { Live } from '../shell/Live';
import { sectionIcon } from './icons';
import { ItemsOfKind } from './Items';
import { KINDS, OFFERED, OFFERED_ELSEWHERE } from './kinds';
import { deskOf, mayAdd, useSection } from './useDesk';

/** One section of the dossier: what stands in it by kind, each with its own form. */
export function SectionPage({ dossier, section }: { dossier: DossierCard; section: string }) {
  const words = useWords();
  const { t } = words;
  const looking = useLookingOnly();
  const answer = useSection(dossier, section);
  const title = sectionName(dossier.sections.find((one) => one.id === section) ?? { id: section }, words);
  if (answer.data === null) {
    return (
      <>
        <PageTitle userText>{title}</PageTitle>
        <Live answer={answer}>{() => null}</Live>
      </>
    );
  }
  return (
    <Live answer={answer}>
      {(view) => (
        <>
          <div className="kt-page-top">
            <p className="kt-page-icon">
              <Icon name={sectionIcon(section)} />
            </p>
            <PageTitle userText>{title}</PageTitle>
            <SeenBy people={view.seen_by} own={dossier.own} manages={admits(dossier).some((one) => one.id === section)} dossier={dossier.id} />
          </div>
          {section === 'crisis' ? (
            <Notice icon="phone" tone="warm">
              <p>{t('sections.crisis_112')}</p>
            </Notice>
          ) : null}
          <Content dossier={dossier} view={view} onChanged={answer.refresh} />
          {section === 'documenten' && !looking && mayAdd(view) ? (
            <AddFile desk={deskOf(dossier, view, answer.refresh)} item={null}>
              {t('attach.new')}
            </AddFile>
          ) : null}
          {section === 'crisis' && !looking && view.items.some((item) => item.kind === 'crisis_plan') ? (
            <SavePaper paper="crisis" dossier={dossier.id}>
              {t('print.crisis')}
            </SavePaper>
          ) : null}
          {section === 'crisis' && dossier.own && !looking ? <CardOutside dossier={dossier} /> : null}
        </>
      )}
    </Live>
  );
}

/** What a group says by itself, without items: shown nowhere on its own. */
const SILENT = new Set(['money', 'health', 'busy']);

function Content({ dossier, view, onChanged }: { dossier: DossierCard; view: SectionView; onChanged: () => Promise<void> }) {
  const { t } = useWords();
  const desk = deskOf(dossier, view, onChanged);
  const add = mayAdd(view);
  const byKind = new Map<string, ItemView[]>();
  for (const item of view.items) byKind.set(item.kind, [...(byKind.get(item.kind) ?? []), item]);
  if (view.id === 'netwerk') return <PeopleOfSection desk={desk} byKind={byKind} add={add} />;
  const offered = add ? (OFFERED[view.id] ?? OFFERED_ELSEWHERE) : [];
  const shown = Object.keys(KINDS).filter((kind) => byKind.has(kind) || offered.includes(kind));
  const unknown = [...byKind.keys()].filter((kind) => !(kind in KINDS) && !SILENT.has(kind));
  const empty = view.items.length === 0;
  return (
    <>
      {empty ? <p className="kt-lead">{add ? t('sections.empty') : t('sections.empty_read')}</p> : null}
      {view.id === 'geld' ? <Sums debts={byKind.get('money.debts') ?? []} income={byKind.get('money.income') ?? []} /> : null}
      {shown.map((kind, index) => (
        <ItemsOfKind key={kind} kind={kind} items={byKind.get(kind) ?? []} desk={desk} add={add && offered.includes(kind)} main={index === 0} />
      ))}
      {unknown.length > 0 ? <p className="kt-quiet">{t('sections.more', { count: unknown.reduce((sum, kind) => sum + (byKind.get(kind)?.length ?? 0), 0) })}</p> : null}
    </>
  );
}

/** The two sums that one wants to know first. */
function Sums({ debts, income }: { debts: readonly ItemView[]; income: readonly ItemView[] }) {
  const { t, dates } = useWords();
  const sum = (items: readonly ItemView[], field: string) => items.reduce((total, item) => total + (number(item, field) ?? 0), 0);
  if (debts.length === 0 && income.length === 0) return null;
  return (
    <dl className="kt-sums">
      <div>
        <dt>{t('sections.sum_income')}</dt>
        <dd>{dates.money(sum(income, 'per_month'))}</dd>
      </div>
      <div>
        <dt>{t('sections.sum_debts')}</dt>
        <dd>{dates.money(sum(debts, 'amount'))}</dd>
      </div>
      <div>
        <dt>{t('sections.sum_paying')}</dt>
        <dd>{dates.money(sum(debts, 'per_month'))}</dd>
      </div>
    </dl>
  );
}
