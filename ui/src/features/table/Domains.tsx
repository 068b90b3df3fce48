import { useId, useState } from 'react';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { PageTitle } from '../../components/Title';
import { Ticks } from '../../components/Tick';
import { useWords } from '../../i18n/I18n';
import { useSteps } from '../shell/Steps';
import { DOMAINS, type Domain, type Score, scoresOf } from './sitting';
import { type AtTable, Onward } from './TablePage';

/** Not asked, or asked and not answered. A value of its own: nobody has to say anything about it. */
const UNSAID: Score = { level: null, state: 'niet_besproken' };

/** Which life domains people want to talk about. Only those are asked about. */
export function Domains({ at }: { at: AtTable }) {
  const { t, term } = useWords();
  const steps = useSteps();
  const { answers, domains } = at.sitting;

  async function choose(chosen: readonly string[]) {
    const held = scoresOf(answers);
    const scores = Object.fromEntries(DOMAINS.filter((domain) => chosen.includes(domain)).map((domain) => [domain, held[domain] ?? UNSAID]));
    const dossier = at.dossier.id;
    const me = at.dossier.me;
    const taken = answers
      ? await steps.take({ method: 'item_set', params: { dossier, id: answers.id, fields: { scores } } }, t('table.chosen'))
      : await steps.take({ method: 'item_add', params: { dossier, section: at.place, kind: 'assessments', fields: { instrument: 'ZRM-2017', subject: me, rater: 'zelf', rater_id: me, date: at.plan.date, scores } } }, t('table.chosen'));
    if (taken) await at.refresh();
  }

  return (
    <>
      <div className="kt-page-top">
        <PageTitle>{t('table.domains_title')}</PageTitle>
        <p className="kt-lead">{t('table.domains_lead')}</p>
      </div>
      <div className="kt-table-domains">
        <Ticks legend={t('table.domains_field')} options={DOMAINS.map((domain) => ({ value: domain, label: term('domain', domain) }))} chosen={domains} onChange={(chosen) => void choose(chosen)} />
      </div>
      <Onward at={at} />
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
  const choose = (level: number | null) => set(level === null ? { [`scores.${domain}.level`]: null, [`scores.${domain}.state`]: 'niet_besproken' } : { [`scores.${domain}.level`]: level, [`scores.${domain}.state`]: 'besproken' }, t('table.scored', { domain: label }));
  async function save() {
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
            <input type="radio" name={name} checked={(held.level ?? null) === level} onChange={() => void choose(level)} />
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
