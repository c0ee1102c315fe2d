/**
 * The names most like a word that somebody mistyped, best first; none where nothing is close.
 *
 * @param limit how many to give at most
 */
export function nearest(word: string, names: Iterable<string>, limit = 3): string[] {
  const asked = word.slice(0, 100).toLowerCase();
  const allowed = Math.max(1, Math.floor(asked.length / 3));
  const found: { name: string; distance: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - asked.length) > allowed) continue;
    const distance = editDistance(asked, name.toLowerCase());
    if (distance <= allowed) found.push({ name, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** `Did you mean a or b?`, or the other sentence where nothing is close. */
export function didYouMean(word: string, names: Iterable<string>, otherwise: string): string {
  const near = nearest(word, names);
  return near.length > 0 ? `Did you mean ${near.join(' or ')}?` : otherwise;
}

/** How many letters have to be added, removed, replaced, or swapped with a neighbour. */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let back = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const least = Math.min(at(back, j) + 1, at(row, j - 1) + 1, at(back, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = swapped ? Math.min(least, at(twoBack, j - 2) + 1) : least;
    }
    twoBack = back;
    back = row;
  }
  return at(back, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
