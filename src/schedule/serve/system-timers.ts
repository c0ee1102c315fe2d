import type { Timers } from './ports.js';

/** The machine's own clock. */
export const systemTimers: Timers = {
  now: Date.now,
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
