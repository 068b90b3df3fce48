import { PageTitle, Title } from '../../components/Title';
import type { ItemView } from '../../generated/ItemView';
import { useWords } from '../../i18n/I18n';
import { text, texts } from '../edit/spec';
import { SavePaper } from '../paper/SavePaper';
import { capital } from '../people/names';
import { dueSaid } from '../plan/ActionRow';
import { namesOf } from '../sections/facts';
import { deskOf } from '../sections/useDesk';
import { hrefOf } from '../shell/route';
import { scoresOf } from './sitting';
import { type AtTable, Onward } from './TablePage';

/** Everything that was said, in short sentences, to read aloud to each other. */
export function Close({ at }: { at: AtTable }) {
  const words = useWords();
  const { t, term } = words;
  const desk = deskOf(at.dossier, at.plan, at.refresh);
  const { good, hard, answers, domains, goals, actions } = at.sitting;
  const scores = scoresOf(answers);
  const level = (one: number | null | undefined) => (one === 1 || one === 2 || one === 3 || one === 4 || one === 5 ? t(`table.level_${one}`) : t('sections.scores_none'));
  const does = (action: ItemView) => {
    const names = texts(action, 'who').length > 0 ? namesOf(desk, texts(action, 'who'), words) : t('action.nobody');
    const day = text(action, 'due');
    const what = (text(action, 'text') ?? '').replace(/\.$/, '');
    const slots = { names: capital(names), what };
    const said = day ? t('table.does_by', { ...slots, when: dueSaid(day, at.plan.date, words) }) : t('table.does', slots);
    // A question ends as it is.
    return /[?!]$/.test(what) ? said.replace(`${what}.`, what) : said;
  };
  const nothing = good.length + hard.length + domains.length + goals.length === 0;
  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('table.close_title')}</PageTitle>
        <p className="kt-lead">{nothing ? t('table.close_nothing') : t('table.close_lead')}</p>
      </div>
      <div className="kt-table-close">
        <Lines heading={t('sections.strengths')} lines={good.map((item) => text(item, 'quote') ?? '')} />
        <Lines heading={t('sections.concerns')} lines={hard.map((item) => text(item, 'quote') ?? '')} />
        <Lines heading={t('table.close_scores')} lines={domains.map((domain) => t('table.close_score', { domain: term('domain', domain), level: level(scores[domain]?.level) }))} />
        {goals.map((goal) => (
          <Lines key={goal.id} heading={text(goal, 'title') ?? ''} lines={actions.filter((action) => text(action, 'goal_id') === goal.id && text(action, 'status') !== 'klaar').map(does)} none={t('table.close_no_step')} />
        ))}
      </div>
      <p>{t('table.close_kept')}</p>
      {nothing ? null : (
        <SavePaper paper="plan" dossier={at.dossier.id}>
          {t('print.plan')}
        </SavePaper>
      )}
      <p>
        <a className="kt-main-link" href={hrefOf({ page: 'plan', dossier: at.dossier.id })}>
          {t('table.to_plan')}
        </a>
      </p>
      <Onward at={at} last />
    </>
  );
}

function Lines({ heading, lines, none }: { heading: string; lines: readonly string[]; /** Said when there is nothing; without it, nothing is shown. */ none?: string }) {
  if (lines.length === 0 && none === undefined) return null;
  return (
    <section className="kt-card">
      <Title level={2} userText>
        {heading}
      </Title>
      {lines.length === 0 ? (
        <p className="kt-quiet">{none}</p>
      ) : (
        <ul className="kt-table-lines">
          {lines.map((line, index) => (
            <li key={index} dir="auto">
              {line}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
