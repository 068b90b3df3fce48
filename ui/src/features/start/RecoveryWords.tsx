import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Fold } from '../../components/Fold';
import { focusNextTitle, PageTitle } from '../../components/Title';
import type { Words } from '../../generated/Words';
import { useWords } from '../../i18n/I18n';
import { SavePaper } from '../paper/SavePaper';

/** Shows the recovery words, then asks two of them back: a paper that was tried is a paper that works. */
export function RecoveryWords({ words, done, onDone }: { words: Words; /** The last button, where the words are looked at again. */ done?: string; onDone: () => void }) {
  const { t } = useWords();
  const [asked, setAsked] = useState<readonly number[] | null>(null);

  if (asked) {
    return (
      <Check
        words={words.words}
        asked={asked}
        done={done ?? t('start.check_done')}
        onDone={onDone}
        onBack={() => {
          focusNextTitle();
          setAsked(null);
        }}
      />
    );
  }
  return (
    <>
      <PageTitle key="words">{t('start.words_title')}</PageTitle>
      <p className="kt-lead">{t('start.words_lead')}</p>
      <p>{t('start.words_how')}</p>
      <p>{t('start.words_keep')}</p>
      <ol className="kt-words" aria-label={t('start.words_list')} lang="en" translate="no">
        {words.words.map((word, index) => (
          <li key={`${index} ${word}`}>{word}</li>
        ))}
      </ol>
      <Fold summary={t('start.words_key')}>
        <p>{t('start.words_key_text')}</p>
        <p className="kt-code" translate="no">
          {words.age_secret_key}
        </p>
      </Fold>
      <SavePaper paper="words">{t('print.words')}</SavePaper>
      <div className="kt-buttons">
        <Button
          purpose="primary"
          onClick={() => {
            focusNextTitle();
            setAsked(twoPlaces(words.words.length));
          }}
        >
          {t('start.words_done')}
        </Button>
        <Button purpose="subtle" onClick={onDone}>
          {done ?? t('start.words_later')}
        </Button>
      </div>
    </>
  );
}

function Check({ words, asked, done, onDone, onBack }: { words: readonly string[]; asked: readonly number[]; done: string; onDone: () => void; onBack: () => void }) {
  const { t } = useWords();
  const [given, setGiven] = useState<Readonly<Record<number, string>>>({});
  const [wrong, setWrong] = useState<readonly number[]>([]);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const missed = asked.filter((place) => (given[place] ?? '').trim().toLowerCase() !== words[place]?.toLowerCase());
    setWrong(missed);
    if (missed.length === 0) onDone();
    else event.currentTarget.querySelectorAll('input')[asked.indexOf(missed[0] ?? 0)]?.focus();
  }

  return (
    <form noValidate onSubmit={submit} className="kt-check">
      <PageTitle key="check">{t('start.check_title')}</PageTitle>
      <p className="kt-lead">{t('start.check_lead')}</p>
      {asked.map((place) => (
        <Field
          key={place}
          label={t('start.check_word', { number: place + 1 })}
          error={wrong.includes(place) ? t('start.check_wrong', { number: place + 1 }) : null}
          spellCheck={false}
          value={given[place] ?? ''}
          onChange={(value) => {
            setGiven((was) => ({ ...was, [place]: value }));
            setWrong((was) => was.filter((one) => one !== place));
          }}
        />
      ))}
      <div className="kt-buttons">
        <Button type="submit" purpose="primary">
          {done}
        </Button>
        <Button purpose="subtle" onClick={onBack}>
          {t('start.check_again')}
        </Button>
      </div>
    </form>
  );
}

/** Two different places, one in each half, in order. */
function twoPlaces(count: number): number[] {
  const half = Math.floor(count / 2);
  return [Math.floor(Math.random() * half), half + Math.floor(Math.random() * (count - half))];
}
