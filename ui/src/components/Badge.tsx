import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

export type Tone = 'plain' | 'accent' | 'warm' | 'good';

/** Icon, word and colour together: never colour alone. */
export function Badge({ icon, tone = 'plain', children }: { icon: IconName; tone?: Tone; children: ReactNode }) {
  return (
    <span className="kt-badge" data-tone={tone}>
      <Icon name={icon} />
      {children}
    </span>
  );
}
