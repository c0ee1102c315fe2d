import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Action, Module, Outcome } from '../../src/core/module.js';
import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';
import { findModule, modules } from '../../src/modules/index.js';
import { renderDeep, scopeOf } from '../../src/template/index.js';
import { isHostModule, taskContext } from '../support/run-module.js';

const ROOT = join(import.meta.dirname, '..', 'cases', 'modules');

const Given = z.union([
  z.literal('absent'),
  z.strictObject({ unreadable: z.string() }),
  z.strictObject({ present: z.unknown() }),
]);

/** A file under test/cases/modules/<module>/: arguments and readings, and the outcome that has to come of them. */
const Case = z.strictObject({
  about: z.string(),
  args: z.unknown(),
  readings: z.record(z.string(), Given).default({}),
  check: z.boolean().default(false),
  vars: z.record(z.string(), z.unknown()).default({}),
  /** The controller's files, by name. */
  files: z.record(z.string(), z.string()).default({}),
  /** What became of jobs, by id. */
  jobs: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  /** What the actions gave, for `concludes`. */
  outputs: z
    .array(z.object({ stdout: z.string().default(''), stderr: z.string().default(''), status: z.number().default(0) }))
    .default([]),
  expect: z.union([
    /** The arguments are refused with a message that holds this. */
    z.strictObject({ error: z.string() }),
    z.strictObject({
      kind: z.enum(['change', 'unchanged', 'refuse', 'fail', 'skip']),
      why: z.string().optional(),
      result: z.record(z.string(), z.unknown()).optional(),
      facts: z.record(z.string(), z.unknown()).optional(),
      groups: z.array(z.string()).optional(),
      /** More of what the run learns. */
      learns: z.record(z.string(), z.unknown()).optional(),
      /** Each action in a line: `write PATH`, `wait SECONDS`, or text that a script holds. */
      actions: z.array(z.string()).optional(),
      concludes: z.record(z.string(), z.unknown()).optional(),
    }),
  ]),
});

type Case = z.infer<typeof Case>;

function readingOf(given: z.infer<typeof Given>): Reading<unknown> {
  if (given === 'absent') return absent;
  return 'unreadable' in given ? unreadable(given.unreadable) : present(given.present);
}

function outcomeOf(module: Module, row: Case): Outcome {
  const readings = Object.fromEntries(Object.entries(row.readings).map(([name, given]) => [name, readingOf(given)]));
  const { vars, files, jobs, check } = row;
  const render = (text: string) => {
    const found = /^\{% if (.*) %\} True/.exec(text);
    return found ? String(vars[found[1] as string] === true ? ' True ' : ' False ') : text;
  };
  return module.plan(module.args.parse(row.args), readings, taskContext({ check, vars, files, jobs, render }));
}

function shown(action: Action): string {
  if (action.kind === 'wait') return `wait ${action.seconds}`;
  if (action.kind === 'reconnect') return `reconnect ${action.withinSeconds}: ${action.script.shown}`;
  return action.kind === 'run' ? action.script.shown : `${action.kind} ${action.path}`;
}

function rowsOf(name: string): Case[] {
  const folder = join(ROOT, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      z.array(Case).parse(parse(readFileSync(join(folder, file), 'utf8'), { merge: true, customTags: ['binary'] })),
    );
}

const withCases = modules
  .filter(isHostModule)
  .map((module) => ({ module, name: module.name, rows: rowsOf(module.name) }))
  .filter(({ rows }) => rows.length > 0);

describe.each(withCases)('$name', ({ module, rows }) => {
  test.each(rows)('$about', (row) => {
    if ('error' in row.expect) {
      const parsed = module.args.safeParse(row.args);
      expect(JSON.stringify(parsed.error?.issues ?? 'accepted')).toContain(row.expect.error);
      return;
    }
    const { kind, why, result, facts, groups, learns, actions, concludes } = row.expect;
    const outcome = outcomeOf(module, row);
    expect(outcome.kind, JSON.stringify(outcome)).toBe(kind);
    if (why !== undefined) expect(outcome.why).toContain(why);
    if (result !== undefined) expect(outcome).toMatchObject({ result });
    if (facts !== undefined) expect(outcome).toMatchObject({ facts });
    if (groups !== undefined) expect(outcome).toMatchObject({ groups });
    if (learns !== undefined) expect(outcome).toMatchObject(learns);
    if (outcome.kind !== 'change') return;
    const lines = outcome.actions.map(shown);
    if (actions !== undefined) for (const [index, text] of actions.entries()) expect(lines[index]).toContain(text);
    if (concludes !== undefined) expect(outcome.conclude?.(row.outputs)).toMatchObject(concludes);
  });
});

/** What they do not know is a variable. */
const TAKES_ANY_NAME = new Set(['add_host', 'set_fact']);

describe.each(modules.map((module) => ({ name: module.name, module })))('$name', ({ name, module }) => {
  test('its example is a task that it takes', () => {
    const [task] = z
      .array(z.record(z.string(), z.unknown()))
      .length(1)
      .parse(parse(module.example, { version: '1.1' }));
    const freeForm = isHostModule(module) ? module.freeForm : undefined;
    const given = task?.[name] ?? task?.[`ansible.builtin.${name}`] ?? {};
    const args =
      typeof given === 'string' && freeForm
        ? { [freeForm]: given }
        : renderDeep(given, scopeOf({ inventory_hostname: 'node1' }));
    expect(module.args.safeParse(args).error).toBeUndefined();
  });

  test.each(TAKES_ANY_NAME.has(name) ? [] : ['no_such_argument'])(
    'the argument %s, which it does not know, is named',
    () => {
      const issues = module.args.safeParse({ no_such_argument: 1 }).error?.issues;
      expect(JSON.stringify(issues)).toContain('no_such_argument');
    },
  );
});

describe('findModule', () => {
  test.each([
    ['copy', 'copy'],
    ['ansible.builtin.copy', 'copy'],
    ['ansible.legacy.shell', 'shell'],
    ['service', 'systemd'],
    ['ansible.builtin.systemd_service', 'systemd'],
    ['no_such', undefined],
    ['constructor', undefined],
    ['community.general.copy', undefined],
  ])('%s is %s', (given, name) => expect(findModule(given)?.name).toBe(name));

  test('no two modules share a name', () => {
    const names = modules.map((module) => module.name);
    expect([...new Set(names)]).toEqual(names);
  });

  test('each folder of cases belongs to a module', () => {
    const folders = readdirSync(ROOT).filter((entry) => statSync(join(ROOT, entry)).isDirectory());
    expect(folders.filter((folder) => !findModule(folder))).toEqual([]);
  });
});
