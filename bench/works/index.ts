import type { Work } from '../work.js';
import { copyOfHundredMegabytes } from './copy-100mb.js';
import { probes, probesOfThousand } from './probes.js';
import { startUp } from './start-up.js';
import { fiftyTasks } from './tasks-50.js';

/** In the order in which they are measured. */
export const WORKS: readonly Work[] = [startUp, probes, probesOfThousand, fiftyTasks, copyOfHundredMegabytes];
