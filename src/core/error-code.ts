/**
 * The code that Node and its libraries give an error (`ENOENT`, `ECONNREFUSED`), `undefined` where there is none.
 * Of a connect that tried several addresses, the first one's.
 */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown instanceof AggregateError ? codeOf(thrown.errors[0]) : undefined;
}

/** Whether a file is not there: it, or a folder on the way to it, does not exist. */
export function isMissing(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
