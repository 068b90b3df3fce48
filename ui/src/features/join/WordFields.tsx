import { type ClipboardEvent, type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { useKept } from '../../components/drafts';
import { Icon } from '../../components/Icon';
import { useWords } from '../../i18n/I18n';
import { listed } from '../people/names';
import { beginningWith, COUNT, wordMeant, wordsIn } from './words';

interface Props {
  words: readonly string[];
  /** What is wrong with all of them together. */
  error: string | null;
  /** Asked to go on while a word is not on the list: the fields say which. */
  asked: boolean;
  place: RefObject<HTMLFieldSetElement | null>;
  onChange: (words: readonly string[]) => void;
}

/** Eight words, one after the other or pasted at once; each is completed from the list. */
export function WordFields({ words, error, asked, place, onChange }: Props) {
  const { t, language } = useWords();
  const id = useId();
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const unknown = words.flatMap((word, at) => ((asked || left.has(at)) && word.trim() !== '' && wordMeant(word) === null ? [at] : []));
  const complete = words.every((word) => word !== '');
  const go = (at: number) => place.current?.querySelectorAll('input')[Math.min(at, COUNT - 1)]?.focus();
  // Only once the fields hold what was pasted: leaving a field completes what it held before.
  const next = useRef<number | null>(null);
  useEffect(() => {
    if (next.current !== null) go(next.current);
    next.current = null;
  });
  const put = (from: number, given: readonly string[]) => onChange(words.map((word, at) => given[at - from] ?? word));

  function leave(at: number) {
    const meant = wordMeant(words[at] ?? '');
    if (meant !== null && meant !== words[at]) put(at, [meant]);
    setLeft((was) => new Set(was).add(at));
  }
  function key(event: KeyboardEvent<HTMLInputElement>, at: number) {
    const empty = words[at] === '';
    if ((event.key === ' ' || event.key === ',') && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (empty) return;
      if (at + 1 < COUNT) go(at + 1);
      else leave(at);
    } else if (event.key === 'Backspace' && empty && at > 0) {
      event.preventDefault();
      go(at - 1);
    } else if (event.key === 'Enter' && !empty) {
      const open = words.findIndex((word, other) => other !== at && word === '');
      if (open < 0) return;
      event.preventDefault();
      go(open);
    }
  }
  function paste(event: ClipboardEvent<HTMLInputElement>, at: number) {
    const given = wordsIn(event.clipboardData.getData('text/plain'));
    if (given.length < 2) return;
    event.preventDefault();
    const from = given.length >= COUNT ? 0 : at;
    put(from, given.map((word) => wordMeant(word) ?? word));
    setLeft(new Set(words.keys()));
    next.current = from + given.length - 1;
  }

  const said = unknown.length > 0 ? t('join.word_unknown', { count: unknown.length, places: listed(unknown.map((at) => String(at + 1)), language) }) : error;
  return (
    <fieldset className="kt-field" ref={place} aria-describedby={`${id}-hint`}>
      <legend className="kt-label">{t('join.words')}</legend>
      <p className="kt-hint" id={`${id}-hint`}>
        {t('join.words_hint')}
      </p>
      <div className="kt-word-fields">
        {words.map((word, at) => (
          <WordField
            key={at}
            number={at + 1}
            value={word}
            error={(unknown.length > 0 ? unknown.includes(at) : error !== null && (word === '' || complete)) ? `${id}-error` : undefined}
            onChange={(value) => put(at, [value])}
            onLeave={() => leave(at)}
            onKeyDown={(event) => key(event, at)}
            onPaste={(event) => paste(event, at)}
          />
        ))}
      </div>
      <div role="alert" id={`${id}-error`}>
        {said ? (
          <p className="kt-error">
            <Icon name="alert" />
            {said}
          </p>
        ) : null}
      </div>
    </fieldset>
  );
}

interface OneProps {
  number: number;
  value: string;
  /** The element that says what is wrong. */
  error: string | undefined;
  onChange: (value: string) => void;
  onLeave: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
  onPaste: (event: ClipboardEvent<HTMLInputElement>) => void;
}

function WordField({ number, value, error, onChange, onLeave, onKeyDown, onPaste }: OneProps) {
  const { t } = useWords();
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const label = t('join.word', { number });
  useKept(place, label, value, onChange, false);
  const offered = beginningWith(value);
  return (
    <div className="kt-field" ref={place}>
      <label className="kt-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="kt-input"
        lang="en"
        list={`${id}-list`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={value}
        aria-required
        aria-invalid={error ? true : undefined}
        aria-describedby={error}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onLeave}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <datalist id={`${id}-list`}>
        {offered[0] === value ? null : offered.map((word) => <option key={word} value={word} />)}
      </datalist>
    </div>
  );
}
