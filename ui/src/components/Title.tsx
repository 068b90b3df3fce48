import { Heading } from '@nl-design-system-candidate/heading-react';
import { type ReactNode, useEffect, useRef } from 'react';

let wanted = false;

/** After this, the next page title that appears takes the focus, so that a reader knows where they are. */
export function focusNextTitle() {
  wanted = true;
}

/** The one first-level heading of a page. */
export function PageTitle({ children, userText = false }: { children: ReactNode; userText?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!wanted) return;
    wanted = false;
    heading.current?.focus();
  }, []);
  return (
    <Heading ref={heading} level={1} tabIndex={-1} dir={userText ? 'auto' : undefined}>
      {children}
    </Heading>
  );
}

export function Title({ level, id, children, userText = false }: { level: 2 | 3 | 4; id?: string; children: ReactNode; userText?: boolean }) {
  return (
    <Heading level={level} id={id} dir={userText ? 'auto' : undefined}>
      {children}
    </Heading>
  );
}
