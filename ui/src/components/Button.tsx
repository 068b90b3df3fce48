import { Button as NlButton, type ButtonPurpose } from '@nl-design-system-candidate/button-react';
import type { MouseEventHandler, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './Icon';

interface Props {
  children: ReactNode;
  /** `primary` at most once on a screen. */
  purpose?: ButtonPurpose;
  icon?: IconName;
  type?: 'button' | 'submit';
  /** Stays focusable but does nothing, and says so. */
  busy?: boolean;
  onClick?: MouseEventHandler<HTMLButtonElement>;
  expanded?: boolean;
  label?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ children, purpose = 'secondary', icon, type = 'button', busy = false, onClick, expanded, label, ref }: Props) {
  return (
    <NlButton
      ref={ref}
      purpose={purpose}
      type={type}
      busy={busy}
      iconStart={icon ? <Icon name={icon} /> : undefined}
      aria-expanded={expanded}
      aria-label={label}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      <span className="kt-button-text">{children}</span>
    </NlButton>
  );
}
