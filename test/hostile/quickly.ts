import { expect } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { SlowPattern } from '../../src/core/match-deadline.js';

/**
 * What the work gives, or the error of ours that it ends with; any other error goes on.
 * @param withinMs of the processor's time, so that a machine that does other things too is no reason to fail
 */
export function quickly(work: () => unknown, withinMs = 2000): unknown {
  const started = process.cpuUsage();
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof FixError) && !(thrown instanceof SlowPattern) && !(thrown instanceof SyntaxError))
      throw thrown;
    return thrown;
  } finally {
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(withinMs);
  }
}
