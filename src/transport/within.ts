/** What came first. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' };

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for work, a deadline or an abort, whichever comes first. The work itself goes on; should it fail later, that
 * failure is nobody's.
 * @param timeoutMs milliseconds from now; negative counts as 0
 * @throws what the work throws
 */
export async function within<T>(work: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<Outcome<T>> {
  if (signal?.aborted) {
    work.catch(() => {});
    return { kind: 'aborted' };
  }
  let tidy = () => {};
  const limits = new Promise<Outcome<T>>((resolve) => {
    const timer = setTimeout(() => resolve({ kind: 'timeout' }), Math.min(Math.max(timeoutMs, 0), LONGEST_TIMER_MS));
    const onAbort = () => resolve({ kind: 'aborted' });
    signal?.addEventListener('abort', onAbort, { once: true });
    tidy = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([work.then((value): Outcome<T> => ({ kind: 'done', value })), limits]);
  } finally {
    tidy();
  }
}
