import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from './Button';

/** So many rows are shown at first, and so many more at each press. */
const FIRST = 12;
const MORE = 48;

/** The first rows of a list and a button for more: a page stays short, and quick, however much there is. */
export function Few<T>({ items, keyOf, children, more, className }: { items: readonly T[]; keyOf: (item: T) => string; children: (item: T) => ReactNode; /** What the button says, for this many rows. */ more: (count: number) => string; className?: string }) {
  const [count, setCount] = useState(FIRST);
  const list = useRef<HTMLUListElement>(null);
  const fresh = useRef<number | null>(null);
  useEffect(() => {
    if (fresh.current === null) return;
    (list.current?.children[fresh.current] as HTMLElement | undefined)?.focus();
    fresh.current = null;
  }, [count]);
  // One or two that are left over are shown at once: the button would take as much room.
  const shown = items.length <= count + 2 ? items : items.slice(0, count);
  const left = items.length - shown.length;
  return (
    <>
      <ul className={className} ref={list}>
        {shown.map((item) => (
          <li key={keyOf(item)} tabIndex={-1}>
            {children(item)}
          </li>
        ))}
      </ul>
      {left > 0 ? (
        <div className="kt-tools">
          <Button
            purpose="subtle"
            icon="chevron"
            onClick={() => {
              fresh.current = shown.length;
              setCount(shown.length + MORE);
            }}
          >
            {more(left)}
          </Button>
        </div>
      ) : null}
    </>
  );
}
