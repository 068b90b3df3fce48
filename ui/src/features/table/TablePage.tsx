import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button';
import type { DossierCard } from '../../generated/DossierCard';
import type { SectionView } from '../../generated/SectionView';
import { useWords } from '../../i18n/I18n';
import { type Live as Answered } from '../../live/useAnswer';
import { useSection } from '../sections/useDesk';
import { Live } from '../shell/Live';
import { go, hrefOf } from '../shell/route';
import { Close } from './Close';
import { Domains, ScoreStep } from './Domains';
import { Goals, WhoDoes } from './Goals';
import { PARTS, resumeAt, type Sitting, sittingOf, type Step, stepsOf } from './sitting';
import { Said } from './Said';

/** What a step of the table needs. */
export interface AtTable {
  dossier: DossierCard;
  plan: SectionView;
  /** Section in which the own answers are kept. */
  place: string;
  sitting: Sitting;
  refresh: () => Promise<void>;
  /** Goes one step on or back. */
  next: () => void;
  back: (() => void) | null;
}

/** The kitchen table: one question at a time, in large letters, for two people at one laptop. */
export function TablePage({ dossier, step }: { dossier: DossierCard; step: string | null }) {
  const place = dossier.sections.some((one) => one.id === 'zelfredzaamheid') ? 'zelfredzaamheid' : 'plan';
  const plan = useSection(dossier, 'plan');
  const answers = useSection(dossier, place);
  useEffect(() => {
    document.documentElement.dataset.table = 'true';
    return () => {
      delete document.documentElement.dataset.table;
    };
  }, []);
  const both: Answered<{ plan: SectionView; answers: SectionView }> = {
    data: plan.data && answers.data ? { plan: plan.data, answers: answers.data } : null,
    fault: plan.fault ?? answers.fault,
    refresh: async () => void (await Promise.all([plan.refresh(), answers.refresh()])),
  };
  return (
    <Live answer={both}>
      {(data) => <Table dossier={dossier} step={step} place={place} plan={data.plan} answers={data.answers} refresh={both.refresh} />}
    </Live>
  );
}

function Table({ dossier, step, place, plan, answers, refresh }: { dossier: DossierCard; step: string | null; place: string; plan: SectionView; answers: SectionView; refresh: () => Promise<void> }) {
  const sitting = sittingOf(plan.items, answers.items, dossier.me, plan.date);
  const steps = stepsOf(sitting);
  const started = useRef(resumeAt(sitting));
  const wanted = step ?? started.current;
  // A step that is no longer there (its goal was undone) leads to the part that it belonged to.
  const found = steps.findIndex((one) => one.id === wanted);
  const index = found >= 0 ? found : Math.max(0, steps.findIndex((one) => one.part === (wanted.startsWith('who') ? 'goals' : 'domains')));
  const shown = steps[index] ?? ({ id: 'good', part: 'good' } satisfies Step);
  // Saving may have made steps that were not there a moment ago, so where "on" leads is decided after it is on the screen.
  const [leaving, setLeaving] = useState<string | null>(null);
  const after = steps[index + 1]?.id;
  useEffect(() => {
    if (leaving === null) return;
    setLeaving(null);
    if (leaving === shown.id && after) go({ page: 'table', dossier: dossier.id, step: after });
  }, [leaving, shown.id, after, dossier.id]);
  const to = (one: Step | undefined) => (one ? () => go({ page: 'table', dossier: dossier.id, step: one.id }) : null);
  const at: AtTable = {
    dossier,
    plan,
    place,
    sitting,
    refresh,
    next: () => setLeaving(shown.id),
    back: to(steps[index - 1]),
  };
  return (
    <>
      <Progress dossier={dossier} steps={steps} index={index} />
      <Page key={shown.id} step={shown} at={at} />
    </>
  );
}

function Page({ step, at }: { step: Step; at: AtTable }) {
  switch (step.part) {
    case 'good':
    case 'hard':
      return <Said which={step.part} at={at} />;
    case 'domains':
      return <Domains at={at} />;
    case 'score':
      return <ScoreStep domain={step.domain} at={at} />;
    case 'goals':
      return <Goals at={at} />;
    case 'who':
      return <WhoDoes goal={step.goal} at={at} />;
    case 'close':
      return <Close at={at} />;
  }
}

/** Which part this is. Each part that has a step is a way there, so that one can go back to what was said. */
function Progress({ dossier, steps, index }: { dossier: DossierCard; steps: readonly Step[]; index: number }) {
  const { t } = useWords();
  const current = steps[index]?.part;
  const same = steps.filter((one) => one.part === current);
  const place = same.findIndex((one) => one.id === steps[index]?.id);
  return (
    <nav className="kt-table-parts" aria-label={t('table.parts')}>
      <ol>
        {PARTS.map((part, number) => {
          const first = steps.find((one) => one.part === part);
          const words = (
            <>
              <span aria-hidden="true">{number + 1}</span>
              <span className="kt-table-part">{t(`table.part_${part}`)}</span>
            </>
          );
          return (
            <li key={part} data-current={part === current} data-over={PARTS.indexOf(part) < PARTS.indexOf(current ?? 'good')}>
              {first ? (
                <a href={hrefOf({ page: 'table', dossier: dossier.id, step: first.id })} aria-current={part === current ? 'step' : undefined}>
                  {words}
                </a>
              ) : (
                <span className="kt-table-none">{words}</span>
              )}
            </li>
          );
        })}
      </ol>
      <p className="kt-quiet">
        {same.length > 1 ? t('table.step_of', { part: t(`table.part_${current ?? 'good'}`), number: place + 1, count: same.length }) : t('table.part_of', { number: PARTS.indexOf(current ?? 'good') + 1, count: PARTS.length })}
      </p>
    </nav>
  );
}

/** Back and on. What is typed and not yet written down is written down first. */
export function Onward({ at, save, last = false }: { at: AtTable; /** Writes down what is typed; false when that failed. */ save?: () => Promise<boolean>; last?: boolean }) {
  const { t } = useWords();
  return (
    <div className="kt-buttons kt-table-onward">
      {at.back ? (
        <Button purpose="subtle" onClick={at.back}>
          {t('table.back')}
        </Button>
      ) : null}
      {last ? null : (
        <Button
          purpose="primary"
          onClick={() =>
            void (async () => {
              if (save && !(await save())) return;
              at.next();
            })()
          }
        >
          {t('table.next')}
        </Button>
      )}
    </div>
  );
}
