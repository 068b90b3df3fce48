import { useCallback, useEffect, useState } from 'react';
import { type Language, LANGUAGES } from '../../i18n/catalogue';

export const TEXT_SIZES = ['normal', 'large', 'largest'] as const;
export const THEMES = ['auto', 'light', 'dark'] as const;
/** Minutes without a sign of life after which the dossier is locked. */
export const LOCK_AFTER = ['5', '10', '30', 'never'] as const;
export const QUICK_KEY = ['on', 'off'] as const;

/** How this person wants the screens. Holds nothing of a dossier, so it may stay in the webview. */
export interface Preferences {
  language: Language;
  textSize: (typeof TEXT_SIZES)[number];
  theme: (typeof THEMES)[number];
  lockAfter: (typeof LOCK_AFTER)[number];
  /** Whether Escape twice leaves at once. */
  quickKey: (typeof QUICK_KEY)[number];
}

const STORED = 'keukentafel.display';
const FIRST: Preferences = { language: 'nl', textSize: 'normal', theme: 'auto', lockAfter: '10', quickKey: 'on' };

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<Record<keyof Preferences, string>>;
    const known = <T extends string>(all: readonly T[], value: string | undefined, first: T) => all.find((one) => one === value) ?? first;
    return {
      language: known(Object.keys(LANGUAGES) as Language[], stored.language, FIRST.language),
      textSize: known(TEXT_SIZES, stored.textSize, FIRST.textSize),
      theme: known(THEMES, stored.theme, FIRST.theme),
      lockAfter: known(LOCK_AFTER, stored.lockAfter, FIRST.lockAfter),
      quickKey: known(QUICK_KEY, stored.quickKey, FIRST.quickKey),
    };
  } catch {
    return FIRST;
  }
}

export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  const [preferences, setPreferences] = useState(read);
  useEffect(() => {
    document.documentElement.dataset.text = preferences.textSize;
    document.documentElement.dataset.theme = preferences.theme;
    try {
      localStorage.setItem(STORED, JSON.stringify(preferences));
    } catch {
      // Without storage the choice simply lasts until the window closes.
    }
  }, [preferences]);
  const change = useCallback((part: Partial<Preferences>) => setPreferences((was) => ({ ...was, ...part })), []);
  return [preferences, change];
}
