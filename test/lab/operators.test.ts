import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { againstList, type Listed } from '../support/corpus.js';
import { inGate } from '../support/in-gate.js';
import { lab } from '../support/lab.js';
import { OPERATORS, operatorProjects, PASSES, recordedOnGuests, runOnGuests } from '../support/operators.js';

// Playbooks as operators have them, on guests that were just booted: as a check, and twice. Results, recap and files are
// what ansible-core 2.14.18 made of them over ssh (see `operators/record.py`), but for what `differences.yaml` lists.

const LISTED: readonly Listed[] = parse(readFileSync(`${OPERATORS}/differences.yaml`, 'utf8')) ?? [];
/** What tells most comes first: the gate has time for these alone. */
const TELLING = ['users', 'kubernetes-node'];
const PROJECTS = [...TELLING, ...operatorProjects().filter((name) => !TELLING.includes(name))];

afterAll(async () => {
  await lab('up', '3');
});

describe.each(inGate(TELLING.length, PROJECTS))('the project %s', (project) => {
  test('comes to the same as with Ansible on real guests', async () => {
    const ours = await runOnGuests(project);
    const counts = Object.values(ours.again.recap);
    expect(counts.map(({ changed, failures, unreachable }) => [changed, failures, unreachable])).toEqual(
      counts.map(() => [0, 0, 0]),
    );
    expect(againstList(project, PASSES, [recordedOnGuests(project), ours], LISTED)).toEqual({ unlisted: [], idle: [] });
  });
});

test('only projects that are there have differences', () => {
  expect(LISTED.filter(({ project, why }) => !PROJECTS.includes(project) || why.length < 10)).toEqual([]);
});
