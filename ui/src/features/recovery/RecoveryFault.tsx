import { Notice } from '../../components/Notice';
import type { Fault } from '../../generated/Fault';
import type { Key } from '../../i18n/catalogue';
import { useWords } from '../../i18n/I18n';
import { FaultNotice } from '../shell/FaultNotice';

/** What can go wrong here and nowhere else, by what the program says it was about. */
const KNOWN = new Set(['badwords', 'otherwords', 'backupother', 'backupdamaged', 'backupnone', 'notfound', 'badshare', 'foreignshare', 'mixedshares', 'fewshares', 'wrongshares', 'unknownreturn', 'returnnotown', 'keyring', 'nobackup']);

function about(fault: Fault): { what: string; which: string } | null {
  if (fault.code === 'not_reachable') return { what: 'unreachable', which: '' };
  if (fault.code === 'wrong_passphrase') return { what: 'wrongpassphrase', which: '' };
  const [said = '', which = ''] = (fault.detail ?? '').split(':');
  const what = said.replaceAll('_', '').replaceAll(' ', '') === 'entitynotfound' ? 'notfound' : said.replaceAll('_', '');
  return KNOWN.has(what) ? { what, which } : null;
}

/** What went wrong on the way back, and what to do about it. */
export function RecoveryFault({ fault }: { fault: Fault }) {
  const { t } = useWords();
  const known = about(fault);
  if (known === null) return <FaultNotice fault={fault} />;
  return (
    <Notice icon="alert" tone="warm" title={t('fault.title')} alert>
      <p>{t(`recovery.why_${known.what}` as Key, { which: known.which })}</p>
    </Notice>
  );
}
