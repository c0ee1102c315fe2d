import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadInventory } from '../../src/inventory/load-inventory.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { knows, runLoaded } from '../support/run-playbook.js';

// Each folder is a project of its own, with what ansible-core 2.14.18 made of it (see `record`). Both run on hosts that
// are all the machine itself.
const HERE = fileURLToPath(new URL('.', import.meta.url));
const PROJECTS = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['callback', 'corpus'].includes(entry.name))
  .map(({ name }) => name);

interface Line {
  readonly host: string;
  readonly task: string;
  readonly status: string;
  readonly msg: unknown;
}

/** A host's lines, without what ours says where Ansible says nothing. */
function comparable(lines: readonly Line[], others: readonly Line[], host: string): string[] {
  const of = (some: readonly Line[]) => some.filter((line) => line.host === host);
  return of(lines).map(({ task, status, msg }, index) => {
    const told = msg === undefined || of(others)[index]?.msg === undefined ? '' : ` ${JSON.stringify(msg)}`;
    return `${task}: ${status}${told}`;
  });
}

describe.each(PROJECTS)('the project %s', (project) => {
  const folder = join(HERE, project);
  const recorded = readFileSync(join(folder, 'recorded.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ task }) => task !== undefined)
    .map(({ host, task, status, result }): Line => ({ host, task, status, msg: result.msg }));

  test('does the same to every host, task by task', async () => {
    const ran = await runLoaded(
      loadInventory(join(folder, 'inventory.ini')),
      loadPlaybook(join(folder, 'site.yml'), knows),
    );
    const ours = ran.events.flatMap((event): Line[] =>
      event.kind === 'result'
        ? [
            {
              host: event.of.host,
              task: event.task,
              status: event.of.ignored ? 'ignored' : event.of.status,
              msg: event.of.result.msg,
            },
          ]
        : [],
    );
    for (const host of new Set(recorded.map((line) => line.host))) {
      expect(comparable(ours, recorded, host)).toEqual(comparable(recorded, ours, host));
    }
  });
});
