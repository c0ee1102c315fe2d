import type { Finding } from '../../src/diagnose/finding.js';
import { newTally, type TalliedChange, type Tally, type Trouble } from '../../src/engine/tally.js';
import type { Paint } from '../../src/report/paint.js';

/** A paint that shows its tones: `<bad>text</>`. */
export const marked: Paint = (tone, text) => `<${tone}>${text}</>`;

/** A tally of a pass that met nothing, but for these. */
export function tallyOf(parts: Partial<Tally> = {}): Tally {
  return { ...newTally().tally, ...parts };
}

export function trouble(why: string, more: Partial<Trouble> = {}): Trouble {
  return { task: 'a task', why, hint: undefined, code: undefined, refused: false, ...more };
}

export function changeOf(why: string, more: Partial<TalliedChange> = {}): TalliedChange {
  return { task: 'a task', module: 'copy', at: 'playbook.yaml:1:1', why, diff: [], actions: [], ...more };
}

export function findingOf(more: Partial<Finding> = {}): Finding {
  return {
    id: 'FF101',
    title: 'one public address on several nodes',
    severity: 'error',
    cause: 'gateway-interface ambiguity',
    hosts: ['node1', 'node2'],
    summary: 'node1, node2 publish 10.0.2.15',
    evidence: [],
    mend: 'name the interface',
    ...more,
  };
}
