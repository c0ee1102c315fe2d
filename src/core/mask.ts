/** Values that people must never see, in the forms in which they may turn up. Process-wide: a secret is one for all. */
const hidden = new Set<string>();

/** From here on this value is masked wherever the program writes. */
export function neverShow(value: string): void {
  if (value.length >= SHORTEST) hidden.add(value);
}

/** A shorter value would mask half of every text. */
const SHORTEST = 4;

/** A text with every value that must not be seen taken out. */
export function masked(text: string): string {
  let shown = text;
  for (const value of hidden) shown = shown.replaceAll(value, '[secret]');
  return shown;
}
