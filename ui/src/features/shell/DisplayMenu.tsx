import { useRef } from 'react';
import { Choice } from '../../components/Choice';
import { Icon } from '../../components/Icon';
import { LANGUAGES, type Language, useWords } from '../../i18n/I18n';
import { type Preferences, TEXT_SIZES, THEMES } from './preferences';

interface Props {
  preferences: Preferences;
  change: (part: Partial<Preferences>) => void;
}

export function LanguageChoice({ preferences, change }: Props) {
  const { t } = useWords();
  return (
    <Choice
      legend={t('shell.language')}
      value={preferences.language}
      options={(Object.keys(LANGUAGES) as Language[]).map((id) => ({ value: id, label: LANGUAGES[id], lang: id }))}
      onChange={(language) => change({ language })}
    />
  );
}

/** Language, size of letters and colours, folded away under one word. */
export function DisplayMenu({ preferences, change }: Props) {
  const { t } = useWords();
  const menu = useRef<HTMLDetailsElement>(null);
  const summary = useRef<HTMLElement>(null);
  const close = () => menu.current?.removeAttribute('open');
  return (
    <details
      className="kt-display"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        close();
        summary.current?.focus();
      }}
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) close();
      }}
    >
      <summary ref={summary}>
        <Icon name="letters" />
        <span>{t('shell.display')}</span>
        <Icon name="chevron" />
      </summary>
      <div className="kt-display-body">
        <LanguageChoice preferences={preferences} change={change} />
        <Choice
          legend={t('shell.text_size')}
          value={preferences.textSize}
          options={TEXT_SIZES.map((value) => ({ value, label: t(`shell.size_${value}`) }))}
          onChange={(textSize) => change({ textSize })}
        />
        <Choice
          legend={t('shell.theme')}
          value={preferences.theme}
          options={THEMES.map((value) => ({ value, label: t(`shell.theme_${value}`) }))}
          onChange={(theme) => change({ theme })}
        />
      </div>
    </details>
  );
}
