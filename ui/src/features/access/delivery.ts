import type { DeliveryView } from '../../generated/DeliveryView';
import { useWords } from '../../i18n/I18n';
import { useLately } from './useMoment';

/** What a device of somebody has and when it was there, in words; with a name where it does not stand beside it. */
export function useDeliveryWords(): (device: DeliveryView, name?: string) => string {
  const { t } = useWords();
  const lately = useLately();
  return ({ waiting, connected, last_seen: seen }, name) => {
    const has = name === undefined ? (waiting === 0 ? t('access.has_all') : t('access.waiting', { count: waiting })) : waiting === 0 ? t('safety.has', { name }) : t('safety.has_not', { name, count: waiting });
    const there = connected ? t('access.connected') : seen === null ? null : t('access.heard', { when: lately(seen) });
    return there === null ? has : `${has} ${there}`;
  };
}
