import { Title } from '../../components/Title';
import type { CrisisCall } from '../../generated/CrisisCall';
import { useWords } from '../../i18n/I18n';

/** Whom to call, the first one first. */
export function Calls({ calls }: { calls: readonly CrisisCall[] }) {
  const { t } = useWords();
  if (calls.length === 0) return null;
  return (
    <div>
      <Title level={3}>{t('sections.crisis_call')}</Title>
      <ol className="kt-calls">
        {calls.map((call, index) => (
          <li key={index}>
            <strong dir="auto">{call.name || t('common.unknown_person')}</strong>
            {call.phone && call.phone !== call.name ? <bdi dir="ltr">{call.phone}</bdi> : null}
            {call.hours ? <span dir="auto">{call.hours}</span> : null}
          </li>
        ))}
      </ol>
    </div>
  );
}
