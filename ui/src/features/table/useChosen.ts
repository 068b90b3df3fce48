import { useEffect, useRef, useState } from 'react';

/**
 * A choice that is on the screen at the tap, and is kept one after the other: who taps quickly loses nothing, and what
 * could not be kept is no longer shown.
 */
export function useChosen<T>(held: T, keep: (chosen: T) => Promise<boolean>): { chosen: T; choose: (chosen: T) => void; /** When everything is kept; false when it is not. */ kept: () => Promise<boolean> } {
  const [shown, setShown] = useState<{ value: T } | null>(null);
  const next = useRef<{ value: T } | null>(null);
  const going = useRef<Promise<boolean> | null>(null);
  const keepNow = useRef(keep);
  useEffect(() => {
    keepNow.current = keep;
  });
  async function keepAll(): Promise<boolean> {
    let good = true;
    while (good && next.current !== null) {
      const { value } = next.current;
      next.current = null;
      good = await keepNow.current(value);
    }
    next.current = null;
    going.current = null;
    setShown(null);
    return good;
  }
  function choose(value: T) {
    setShown({ value });
    next.current = { value };
    going.current ??= keepAll();
  }
  return { chosen: shown === null ? held : shown.value, choose, kept: () => going.current ?? Promise.resolve(true) };
}
