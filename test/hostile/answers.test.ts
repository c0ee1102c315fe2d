import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.js';
import { JsonReport } from '../../src/report/json-report.js';
import { plain } from '../../src/report/paint.js';
import { TextReport } from '../../src/report/text-report.js';
import { anyText } from '../support/any-text.js';
import { cpuMsSince, slowness } from '../support/cpu.js';
import { ALL, rowsOf, runsInGate } from '../support/in-gate.js';
import { type RunText, runText } from '../support/run-playbook.js';
import { answeringHost, answeringRegistry, type Place, type Said, USUAL } from './answering-hosts.js';
import { expectHarmless, HOSTILE, type HostileText, HUGE, outsideQuotes } from './texts.js';

const PLAYBOOK = readFileSync(join(import.meta.dirname, '../../playbooks/fix-flannel.yaml'), 'utf8');
const INVENTORY = 'all:\n  hosts: { node1: , node2: , node3: }\n';
const PLACES = Object.keys(USUAL) as Place[];

interface Checked {
  readonly text: string;
  readonly json: readonly string[];
  readonly events: readonly Event[];
  /** Every script that a host was given, and every one that the plan would give it. */
  readonly scripts: readonly string[];
  readonly exitStatus: number;
  readonly cpuMs: number;
}

/** Checks the sick cluster as the command line does, at the highest verbosity, with both reports. */
async function checked(said: Said, more: RunText = {}): Promise<Checked> {
  const heard: string[] = [];
  const text: string[] = [];
  const json: string[] = [];
  const settings = { paint: plain, width: 100, verbosity: 2, diff: true, check: true };
  const reports = [
    new TextReport({ ...settings, write: (line) => text.push(line) }),
    new JsonReport((line) => json.push(line)),
  ];
  const started = process.cpuUsage();
  const { verdict, events, planned } = await runText(PLAYBOOK, {
    inventory: INVENTORY,
    check: true,
    ...more,
    onEvent: (event) => {
      for (const report of reports) report.event(event, 'plan');
    },
    world: {
      connect: async (host) => answeringHost(host, said, heard),
      openRegistry: () => answeringRegistry(said),
      ...more.world,
    },
  });
  for (const report of reports) {
    if (planned) report.planned(planned);
    report.verdict(verdict);
  }
  const cpuMs = cpuMsSince(started);
  const actions = [...(planned?.changes.values() ?? [])].flat().flatMap((change) => change.actions);
  const scripts = [...heard, ...actions.flatMap((action) => (action.kind === 'run' ? [action.script.text] : []))];
  return {
    text: text.join('\n'),
    json,
    events,
    scripts,
    exitStatus: verdict.exitStatus,
    cpuMs,
  };
}

const OURS = /^(Cannot read|.* is not (a function|iterable)|Maximum call stack|Invalid (array|string) length)/;

function expectSafe({ text, json, events, scripts, cpuMs }: Checked): void {
  expectHarmless(text);
  for (const line of json) {
    expectHarmless(line);
    expect(line).not.toMatch(/[\n\t]/);
    expect(JSON.parse(line)).toBeTypeOf('object');
  }
  for (const event of events) {
    if (event.kind === 'result') expect(event.of.why).not.toMatch(OURS);
  }
  for (const script of scripts) expect(outsideQuotes(script)).not.toMatch(/CANARY/);
  expect(cpuMs).toBeLessThan(8000 * slowness());
  expect(text.length).toBeLessThan(64 * 1024);
}

test('an honest cluster has its mend planned, so that every place is looked at', async () => {
  const run = await checked({});
  expect(run.text).toContain('FF101');
  expect(run.text).toMatch(/Plan: 3 hosts to change/);
  expect(run.exitStatus).toBe(2);
  expect(run.scripts.length).toBeGreaterThan(6);
});

/** Places of one answer, which stand beside each other in `USUAL`, are never hostile in the same run. */
const APART = 5;

/**
 * Each text in each place. In the gate a run has one in every fifth place, each time a different one, and each
 * time beside others; with --all in one place alone.
 */
const ROUNDS: readonly (readonly (readonly [Place, HostileText])[])[] = ALL
  ? PLACES.flatMap((place) => HOSTILE.map((hostile) => [[place, hostile]] as const))
  : HOSTILE.flatMap((_, round) => Array.from({ length: APART }, (_, group) => placesOf(round, group)));

function placesOf(round: number, group: number): (readonly [Place, HostileText])[] {
  return PLACES.flatMap((place, at) => {
    const row = Math.floor(at / APART);
    const hostile = HOSTILE[(at + round) % HOSTILE.length];
    return hostile !== undefined && (at + round * row) % APART === group ? [[place, hostile] as const] : [];
  });
}

test('each text is tried in each place', () => {
  const tried = new Set(ROUNDS.flat().map(([place, { about }]) => `${place}: ${about}`));
  expect(tried.size).toBe(PLACES.length * HOSTILE.length);
});

test.each(
  ROUNDS.map((round) => ({ about: round.map(([place, { about }]) => `${about} as ${place}`).join(', '), round })),
)('$about', async ({ round }) => {
  expectSafe(await checked(Object.fromEntries(round.map(([place, { text }]) => [place, text]))));
});

/** Places whose texts are taken apart, put together again or searched through. */
const WORKED_ON: readonly Place[] = [
  'interface in ip addr',
  'name of the unit',
  'ExecStart of the unit',
  'text of a drop-in',
  'text of an environment file',
  'text of a wrapper',
  'word of the process',
  'subnet.env',
  'name of a dependent',
  'outcome of a guard',
  'error of a fact',
  'key of a lease',
  'value of a lease',
  'network config',
];

describe.each(WORKED_ON)('much of it in %s', (place) => {
  test.each(rowsOf(HUGE, WORKED_ON.indexOf(place), 4))(
    '$about',
    async ({ text }) => {
      expectSafe(await checked({ [place]: text }));
    },
    120_000,
  );
});

test('several of them at once, in any places', async () => {
  const piece = fc.oneof(fc.constantFrom(...HOSTILE.map(({ text }) => text)), anyText());
  const said = fc.dictionary(fc.constantFrom(...PLACES), piece, { maxKeys: 4, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(said, async (given) => expectSafe(await checked(given as Said))),
    { numRuns: runsInGate(60) },
  );
}, 120_000);
