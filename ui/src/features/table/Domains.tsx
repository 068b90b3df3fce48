import { useId, useRef, useState } from 'react';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { PageTitle } from '../../components/Title';
import { Ticks } from '../../components/Tick';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import { DOMAINS, type Domain, type Score, scoresOf } from './sitting';
import { type AtTable, Onward } from './TablePage';
import { useChosen } from './useChosen';

/** Not asked, or asked and not answered. A value of its own: nobody has to say anything about it. */
const UNSAID: Score = { level: null, state: 'niet_besproken' };

/** Which life domains people want to talk about. Only those are asked about. */
export function Domains({ at }: { at: AtTable }) {
  const { t, term } = useWords();
  const steps = useSteps();
  const { answers, domains } = at.sitting;

  // Known before the page is: the answers that the first choice made.
  const made = useRef<string | null>(null);
  const choice = useChosen<readonly string[]>(domains, async (chosen) => {
    const held = scoresOf(answers);
    const scores = Object.fromEntries(DOMAINS.filter((domain) => chosen.includes(domain)).map((domain) => [domain, held[domain] ?? UNSAID]));
    const dossier = at.dossier.id;
    const me = at.dossier.me;
    const id = answers?.id ?? made.current;
    const answer =
      id !== null
        ? await steps.ask({ method: 'item_set', params: { dossier, id, fields: { scores } } }, t('table.chosen'))
        : await steps.ask({ method: 'item_add', params: { dossier, section: at.place, kind: 'assessments', fields: { instrument: 'ZRM-2017', subject: me, rater: 'zelf', rater_id: me, date: at.plan.date, scores } } }, t('table.chosen'));
    if (answer === null) return false;
    made.current = id ?? answer.ids[0] ?? null;
    await at.refresh();
    return true;
  });

  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('table.domains_title')}</PageTitle>
        <p className="kt-lead">{t('table.domains_lead')}</p>
      </div>
      <div className="kt-table-domains">
        <Ticks legend={t('table.domains_field')} options={DOMAINS.map((domain) => ({ value: domain, label: term('domain', domain) }))} chosen={choice.chosen} onChange={choice.choose} />
      </div>
      <Onward at={at} save={choice.kept} />
    </>
  );
}

const LEVELS = [1, 2, 3, 4, 5] as const;

/** How it goes in one domain, in the resident's own view: one of five, with words beside it, or nothing. */
export function ScoreStep({ domain, at }: { domain: Domain; at: AtTable }) {
  const { t, term } = useWords();
  const steps = useSteps();
  const name = useId();
  const { answers } = at.sitting;
  const held = scoresOf(answers)[domain] ?? UNSAID;
  const [quote, setQuote] = useState(held.quote ?? '');
  const label = term('domain', domain);

  async function set(fields: Record<string, unknown>, said: string) {
    if (!answers) return false;
    const taken = await steps.take({ method: 'item_set', params: { dossier: at.dossier.id, id: answers.id, fields } }, said);
    if (taken) await at.refresh();
    return taken;
  }
  const choice = useChosen<number | null>(held.level ?? null, (level) => set(level === null ? { [`scores.${domain}.level`]: null, [`scores.${domain}.state`]: 'niet_besproken' } : { [`scores.${domain}.level`]: level, [`scores.${domain}.state`]: 'besproken' }, t('table.scored', { domain: label })));
  async function save() {
    if (!(await choice.kept())) return false;
    return quote.trim() === (held.quote ?? '') || set({ [`scores.${domain}.quote`]: quote.trim() === '' ? null : quote.trim() }, t('table.written_down'));
  }

  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('table.score_title', { domain: label })}</PageTitle>
        <p className="kt-lead">{t(`table.about_${domain}`)}</p>
      </div>
      <fieldset className="kt-table-levels">
        <legend className="kt-label">{t('table.score_field')}</legend>
        {[...LEVELS, null].map((level) => (
          <label key={level ?? 'none'}>
            <input type="radio" name={name} checked={choice.chosen === level} onChange={() => choice.choose(level)} />
            <span className="kt-table-level">
              {level === null ? null : (
                <span className="kt-score-bar" data-level={level} aria-hidden="true">
                  {LEVELS.map((one) => (
                    <i key={one} data-full={one <= level} />
                  ))}
                </span>
              )}
              <span>
                <strong>{level === null ? t('sections.scores_none') : t(`table.level_${level}`)}</strong>
                <span className="kt-quiet kt-block">{t(`table.help_${level ?? 'none'}`)}</span>
              </span>
              <Icon name="check" />
            </span>
          </label>
        ))}
      </fieldset>
      <Field label={t('table.score_words')} note={t('common.optional')} hint={t('table.own_words')} multiline value={quote} onChange={setQuote} />
      <Onward at={at} save={save} />
    </>
  );
}
