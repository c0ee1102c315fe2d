import { expect } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { SlowPattern } from '../../src/core/match-deadline.js';

/**
 * What the work gives, or the error of ours that it ends with; any other error goes on.
 * @param withinMs how long it may take on a machine that does other things too
 */
export function quickly(work: () => unknown, withinMs = 2000): unknown {
  const started = performance.now();
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof FixError) && !(thrown instanceof SlowPattern) && !(thrown instanceof SyntaxError))
      throw thrown;
    return thrown;
  } finally {
    expect(performance.now() - started).toBeLessThan(withinMs);
  }
}
