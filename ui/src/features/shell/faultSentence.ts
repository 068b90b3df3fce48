import type { Fault } from '../../generated/Fault';
import type { Key } from '../../i18n/catalogue';
import type { Words } from '../../i18n/I18n';

/** What went wrong and what to do, in words. */
export function faultSentence(fault: Fault, { t, language }: Words): string {
  const over = fault.code === 'too_long' ? /^longer:(\d+)$/.exec(fault.detail ?? '')?.[1] : undefined;
  if (over !== undefined) return t('fault.too_long_by', { by: Number(over).toLocaleString(language) });
  return t(`fault.${fault.code}` as Key);
}
