/** Which tasks a run picks by their tags, as Ansible picks them. */
export interface TagChoice {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/**
 * Whether a task with these tags runs.
 *
 * `always` runs unless skipped by name, `never` only when one of its other tags (or `never`) is named;
 * `tagged`, `untagged` and `all` are words of the command line.
 */
export function runsWithTags(own: readonly string[], { tags, skipTags }: TagChoice): boolean {
  return isPicked(own, tags.length === 0 ? ['all'] : tags) && !isSkipped(own, skipTags, tags);
}

function isPicked(own: readonly string[], wanted: readonly string[]): boolean {
  if (own.includes('always')) return true;
  if (wanted.some((tag) => own.includes(tag))) return true;
  if (own.includes('never')) return false;
  if (wanted.includes('all')) return true;
  return own.length === 0 ? wanted.includes('untagged') : wanted.includes('tagged');
}

function isSkipped(own: readonly string[], skipped: readonly string[], wanted: readonly string[]): boolean {
  if (skipped.some((tag) => own.includes(tag))) return true;
  if (skipped.includes('all')) return !(own.includes('always') && !skipped.includes('always'));
  if (skipped.includes('tagged')) return own.length > 0 && !wanted.includes('tagged');
  return skipped.includes('untagged') && own.length === 0;
}
