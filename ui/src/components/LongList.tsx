import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

interface Props<T> {
  items: readonly T[];
  keyOf: (item: T) => string;
  children: (item: T, index: number) => ReactNode;
  /** Height of a row before it was measured, in CSS pixels. */
  estimate: number;
  className?: string;
  label?: string;
  /** Rows up to which the list is drawn whole; fewer where a row is large. */
  whole?: number;
}

/** Up to here a list is drawn whole: search in the page and printing then find everything. */
const WHOLE = 150;

/** A list that draws only what is near the screen once it is long; the place of each row stays known to a screen reader. */
export function LongList<T>(props: Props<T>) {
  const { items, keyOf, children, className, label, whole = WHOLE } = props;
  if (items.length > whole) return <Windowed {...props} />;
  return (
    <ul className={className} aria-label={label}>
      {items.map((item, index) => (
        <li key={keyOf(item)}>{children(item, index)}</li>
      ))}
    </ul>
  );
}

function Windowed<T>({ items, keyOf, children, estimate, className, label }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const place = () => setTop((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    place();
    window.addEventListener('resize', place);
    return () => window.removeEventListener('resize', place);
  }, []);
  // A row in which somebody is at work stays, however far they scroll: what they typed is in it.
  const [atWork, setAtWork] = useState<string | null>(null);
  const kept = atWork === null ? -1 : items.findIndex((item) => keyOf(item) === atWork);
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => estimate,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    measureElement: (element) => element.getBoundingClientRect().height || estimate,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return kept < 0 || shown.includes(kept) ? shown : [...shown, kept].sort((a, b) => a - b);
    },
    // About a screen and a half on either side, however large the rows.
    overscan: Math.min(8, Math.max(2, Math.ceil(1_500 / estimate))),
    scrollMargin: top,
  });
  return (
    <ul ref={list} className={className} aria-label={label} data-windowed onFocus={(event) => setAtWork(event.target.closest<HTMLElement>('[data-key]')?.dataset.key ?? null)} style={{ blockSize: rows.getTotalSize() }}>
      {rows.getVirtualItems().map((row) => {
        const item = items[row.index];
        return item === undefined ? null : (
          <li key={row.key} ref={rows.measureElement} data-index={row.index} data-key={keyOf(item)} aria-setsize={items.length} aria-posinset={row.index + 1} style={{ transform: `translateY(${row.start - top}px)` }}>
            {children(item, row.index)}
          </li>
        );
      })}
    </ul>
  );
}
