import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

/** A message that stays where it is. */
export function Notice({ icon, tone = 'plain', title, children, alert = false }: { icon: IconName; tone?: 'plain' | 'warm'; title?: string; children: ReactNode; alert?: boolean }) {
  return (
    <div className="kt-notice" data-tone={tone} role={alert ? 'alert' : undefined}>
      <Icon name={icon} />
      <div className="kt-notice-body">
        {title ? <p className="kt-notice-title">{title}</p> : null}
        {children}
      </div>
    </div>
  );
}

export function Loading({ text }: { text: string }) {
  return (
    <div className="kt-loading" role="status">
      <span className="kt-loading-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {text}
    </div>
  );
}
