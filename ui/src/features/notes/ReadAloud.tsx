import { useEffect, useState } from 'react';
import { Button } from '../../components/Button';
import { useWords } from '../../i18n/I18n';

/** The language that people here write in. */
const SPOKEN = 'nl';

/**
 * A voice of this computer itself; none when it has none. Voices that speak over the internet are left alone: they would
 * send what is read to somebody else.
 */
function ownVoice(): SpeechSynthesisVoice | null {
  if (!('speechSynthesis' in window)) return null;
  return window.speechSynthesis.getVoices().find((voice) => voice.localService && voice.lang.toLowerCase().startsWith(SPOKEN)) ?? null;
}

/** Reads a text aloud with the computer's own voice, and says so when there is none. */
export function ReadAloud({ text, label }: { text: string; /** Says which text, where the button's own words do not. */ label: string }) {
  const { t } = useWords();
  const [state, setState] = useState<'still' | 'reading' | 'no_voice'>('still');
  useEffect(() => () => stop(), []);

  function read() {
    if (state === 'reading') {
      stop();
      setState('still');
      return;
    }
    const voice = ownVoice();
    if (!voice) {
      setState('no_voice');
      return;
    }
    stop();
    const spoken = new SpeechSynthesisUtterance(text);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    spoken.rate = 0.9;
    spoken.onend = () => setState('still');
    spoken.onerror = () => setState('still');
    setState('reading');
    window.speechSynthesis.speak(spoken);
  }

  return (
    <>
      <Button purpose="subtle" icon={state === 'reading' ? 'stop' : 'sound'} label={state === 'reading' ? undefined : label} onClick={read}>
        {state === 'reading' ? t('correction.read_stop') : t('correction.read')}
      </Button>
      {state === 'no_voice' ? (
        <p role="status" className="kt-quiet kt-read">
          {t('correction.read_none')}
        </p>
      ) : null}
    </>
  );
}

/** Only one voice at a time, and none behind the back of who left the page. */
function stop() {
  if ('speechSynthesis' in window) window.speechSynthesis.cancel();
}
