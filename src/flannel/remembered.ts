/** More than a large cluster has; a host that names more makes the rest be worked out again. */
const MOST_KEPT = 100_000;

/**
 * Remembers what was worked out of a text: the same addresses stand in the leases and in every node's routes, and
 * ip-num takes tens of microseconds for each.
 *
 * @param work pure, and its values never changed; what it throws is not remembered
 */
export function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = work(text);
    if (known.size >= MOST_KEPT) known.clear();
    known.set(text, made);
    return made;
  };
}
