import { expect } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { SlowPattern } from '../../src/core/match-deadline.js';
import { cpuMsSince, slowness } from '../support/cpu.js';

/**
 * What the work gives, or the error of ours that it ends with; any other error goes on.
 * @param withinMs of the processor's time on a machine of today, so that neither a slow machine nor a busy one fails it
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
    expect(cpuMsSince(started)).toBeLessThan(withinMs * slowness());
  }
}
