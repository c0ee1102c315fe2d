import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../src/engine/events.js';
import { remediate } from '../../src/engine/remediate.js';
import type { World } from '../../src/engine/run.js';
import { StopRequest } from '../../src/engine/stop-request.js';
import { newTally } from '../../src/engine/tally.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { readPlaybook } from '../../src/playbook/load-playbook.js';
import { inventoryOf } from '../../src/recording/kept-inventory.js';
import type { Recording } from '../../src/recording/recording.js';
import { replayed } from '../../src/recording/replay.js';
import { defaults, knows, localWorld } from '../support/run-playbook.js';

const PLAYBOOK = join(import.meta.dirname, '..', '..', 'playbooks', 'check-flannel.yaml');

/** What the shipped check comes to on a recording. */
export function diagnosed(recording: Recording) {
  return checked(inventoryOf(recording), replayed(recording, localWorld()));
}

/** The shipped check, with all that it is told. */
export async function checked(inventory: Inventory, world: World, more: { extraVars?: object; limit?: string } = {}) {
  const settings = settingsOf(inventory, more);
  const { tally, listen } = newTally();
  const events: Event[] = [];
  const watcher = {
    event: (event: Event) => {
      events.push(event);
      listen(event);
    },
    planned: () => {},
    approve: async () => false,
  };
  const verdict = await remediate(settings, world, watcher, new StopRequest());
  const told = events.filter((event) => event.kind === 'findings');
  return {
    verdict,
    tally,
    findings: told.flatMap(({ findings }) => findings),
    notEvaluated: told.flatMap(({ notEvaluated }) => notEvaluated),
    pictures: told.flatMap(({ sites }) => sites.map(({ picture }) => picture)),
  };
}

export function settingsOf(
  inventory: Inventory,
  { extraVars = {}, limit }: { extraVars?: object; limit?: string } = {},
) {
  const playbook = readPlaybook(readFileSync(PLAYBOOK, 'utf8'), PLAYBOOK, knows);
  return { ...defaults(), check: true, inventory, playbook, extraVars: { ...extraVars }, limit };
}
