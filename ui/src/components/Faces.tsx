/** The first letters of a name's first and last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return [first, last].map((word) => [...word][0] ?? '').join('').toLocaleUpperCase();
}

/** One of six tints, always the same one for the same text. */
export function tint(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}

export function Face({ name }: { name: string }) {
  return (
    <span className="kt-face" data-tint={tint(name)} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** A few faces in a row. The names stand beside it in words. */
export function Faces({ names }: { names: readonly string[] }) {
  return (
    <span className="kt-faces" aria-hidden="true">
      {names.map((name) => (
        <Face key={name} name={name} />
      ))}
    </span>
  );
}
