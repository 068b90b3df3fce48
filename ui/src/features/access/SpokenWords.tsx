import { useEffect, useState } from 'react';
import { Button } from '../../components/Button';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Loading } from '../../components/Notice';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { useAnswer } from '../../live/useAnswer';

/** The same invitation in eight words, to be read out. They are made when somebody wants them, since they open a door. */
export function SpokenWords({ dossier, id, name, wanted }: { dossier: string; id: string; name: string; /** At once. */ wanted: boolean }) {
  const { t } = useWords();
  const [asked, setAsked] = useState(wanted);
  return (
    <>
      <p>{t('access.phone', { name })}</p>
      {asked ? <Words dossier={dossier} id={id} name={name} /> : <Button onClick={() => setAsked(true)}>{t('access.words_show')}</Button>}
    </>
  );
}

function Words({ dossier, id, name }: { dossier: string; id: string; name: string }) {
  const { t } = useWords();
  const answer = useAnswer({ method: 'ticket_words', params: { dossier, id } }, () => false);
  const [same, setSame] = useState<readonly string[] | null>(null);
  const { refresh } = answer;
  const minutes = answer.data?.minutes ?? null;
  const words = answer.data?.words ?? null;
  const first = words?.join(' ');
  useEffect(() => {
    if (minutes === null || first === undefined) return;
    const over = setTimeout(() => void refresh(), minutes * 60_000);
    return () => clearTimeout(over);
  }, [minutes, first, refresh]);

  if (words === null || minutes === null) {
    if (answer.fault === null) return <Loading text={t('access.words_making')} />;
    const offline = answer.fault.code === 'invalid' || answer.fault.code === 'not_reachable';
    return (
      <>
        <p className="kt-error" role="alert">
          <Icon name="alert" />
          {t(offline ? 'access.words_offline' : (`fault.${answer.fault.code}` as Key))}
        </p>
        <Button onClick={() => void refresh()}>{t('common.retry')}</Button>
      </>
    );
  }
  return (
    <>
      <ol className="kt-words kt-spoken" aria-label={t('access.words_list', { name })} lang="en" translate="no">
        {words.map((word, at) => (
          <li key={`${at} ${word}`}>{word}</li>
        ))}
      </ol>
      <p className="kt-quiet">{t('access.words_time', { count: minutes })}</p>
      <Button
        onClick={() => {
          setSame(null);
          void refresh().then(() => setSame(words));
        }}
      >
        {t('access.words_new')}
      </Button>
      <p role="status">{same?.join(' ') === first ? t('access.words_same') : ''}</p>
      {answer.data && answer.data.addresses.length > 0 ? (
        <Fold summary={t('access.words_address')}>
          <p>{t('access.words_address_text', { name })}</p>
          {answer.data.addresses.map((address) => (
            <p key={address} className="kt-code" translate="no">
              {address}
            </p>
          ))}
        </Fold>
      ) : null}
    </>
  );
}
