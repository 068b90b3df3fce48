import type { ReactNode } from 'react';
import { Icon } from './Icon';

/** Something that stays folded until it is asked for. */
export function Fold({ summary, children }: { summary: string; children: ReactNode }) {
  return (
    <details className="kt-fold">
      <summary>
        <Icon name="chevron" />
        <span>{summary}</span>
      </summary>
      <div className="kt-fold-body">{children}</div>
    </details>
  );
}
