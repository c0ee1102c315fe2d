import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { againstList, type Listed, unfounded } from '../support/corpus.js';
import { inGate } from '../support/in-gate.js';
import { lab } from '../support/lab.js';
import {
  isRecorded,
  OPERATORS,
  operatorProjects,
  PASSES,
  recordedOnGuests,
  runOnGuests,
} from '../support/operators.js';

// Playbooks as operators have them, on guests that were just booted: as a check, and twice. Where a recording is there,
// results, recap and files are what ansible-core 2.14.18 made of them over ssh (see `operators/record.py`), but for what
// `differences.yaml` lists.

const LISTED: readonly Listed[] = parse(readFileSync(`${OPERATORS}/differences.yaml`, 'utf8')) ?? [];
/** What tells most comes first: the gate has time for these alone. */
const TELLING = ['users', 'kubernetes-node'];
const PROJECTS = [...TELLING, ...operatorProjects().filter((name) => !TELLING.includes(name))];

afterAll(async () => {
  await lab('up', '3');
});

/** Of a run that changes nothing and fails nowhere. */
const NOTHING = { changed: 0, failures: 0, unreachable: 0 };

test.each(inGate(TELLING.length, PROJECTS))('%s: the second time nothing is changed', async (project) => {
  const ours = await runOnGuests(project);
  for (const [host, counts] of Object.entries(ours.first.recap)) {
    expect(counts, host).toMatchObject({ failures: 0, unreachable: 0 });
  }
  for (const [host, counts] of Object.entries(ours.again.recap)) expect(counts, host).toMatchObject(NOTHING);
  if (!isRecorded(project)) return;
  expect(againstList(project, PASSES, [recordedOnGuests(project), ours], LISTED)).toEqual({ unlisted: [], idle: [] });
});

test('only projects that are there have differences', () => {
  expect(unfounded(LISTED, PROJECTS)).toEqual([]);
});
