import { type RefObject, useEffect, useRef, useSyncExternalStore } from 'react';

/** A text field on the screen. */
interface Typed {
  key: () => string;
  value: () => string;
  changed: () => boolean;
}

const fields = new Set<Typed>();
let kept = new Map<string, string>();
const watchers = new Set<() => void>();

/** Everything on the screen that was typed and not saved, by the place where it was typed; passphrases are not among it. */
export function typedNow(): Record<string, string> {
  const found = [...fields].filter((field) => field.changed() && field.value().trim() !== '').map((field): [string, string] => [field.key(), field.value()]);
  // What waits for a form that was not opened again yet is not lost by locking twice.
  return Object.fromEntries([...kept, ...found]);
}

const typists = new Set<() => void>();

/** Calls `heard` whenever something was typed, or what was typed went with its form. */
export function onTyped(heard: () => void): () => void {
  typists.add(heard);
  return () => void typists.delete(heard);
}

function typed() {
  for (const typist of typists) typist();
}

/** Gives back what was typed: each text waits for its field to be on the screen again. */
export function giveBack(drafts: Readonly<Record<string, string>>) {
  kept = new Map([...kept, ...Object.entries(drafts)]);
  // They are nowhere else any more.
  if (kept.size > 0) typed();
  for (const watcher of watchers) watcher();
}

function take(key: string): string | undefined {
  const text = kept.get(key);
  if (text === undefined) return undefined;
  kept.delete(key);
  for (const watcher of watchers) watcher();
  return text;
}

/** How many texts wait for their field. */
export function useWaiting(): number {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => kept.size,
  );
}

/** Where a field stands: page, the thing it is about, form and label. */
function keyOf(place: Element | null, label: string): string {
  const about = place?.closest('article')?.querySelector('h1, h2, h3, h4')?.textContent ?? '';
  const form = place?.closest('form')?.getAttribute('aria-label') ?? '';
  return [window.location.hash, about, form, label].join('\n');
}

/** Lets a field keep what was typed in it while the program is locked. */
export function useKept(place: RefObject<Element | null>, label: string, value: string, onChange: (value: string) => void, secret: boolean) {
  const first = useRef(value);
  const now = useRef({ value, onChange });
  useEffect(() => {
    now.current = { value, onChange };
  });
  useEffect(() => {
    if (!secret && value !== first.current) typed();
  }, [value, secret]);
  useEffect(() => {
    if (secret) return;
    const key = keyOf(place.current, label);
    const field: Typed = { key: () => key, value: () => now.current.value, changed: () => now.current.value !== first.current };
    fields.add(field);
    const back = take(key);
    if (back !== undefined) now.current.onChange(back);
    return () => {
      fields.delete(field);
      if (field.changed()) typed();
    };
  }, [place, label, secret]);
}
