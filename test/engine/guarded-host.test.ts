import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { memoryJournal } from '../support/memory-journal.js';
import { type RunText, runText } from '../support/run-playbook.js';

let dir: string;
let file: string;
let folder: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guarded-'));
  mkdirSync(join(dir, 'own'));
  [file, folder] = [join(dir, 'file'), join(dir, 'own', 'guards')];
  writeFileSync(file, 'old\n');
});
afterEach(async () => {
  // A guard that is left would come back for its files.
  if (existsSync(folder))
    await runText(`
- hosts: all
  gather_facts: false
  tasks: [ { commit_confirmed: { state: cleared, folder: ${folder} } } ]`);
  rmSync(dir, { recursive: true, force: true });
});

const outcome = () => existsSync(join(folder, 'test', 'outcome'));

/** Arms a guard, changes the file, and breaks the connection in the middle of a step. */
const book = (seconds: number) => `
- hosts: all
  gather_facts: false
  tasks:
    - block:
        - name: Arm
          commit_confirmed: { state: armed, delay: ${seconds}, files: [${file}], folder: ${folder} }
        - name: Change
          copy: { content: "new\\n", dest: ${file} }
        - name: Cut
          shell: kill -9 $PPID; kill -9 $$
        - name: Confirm
          commit_confirmed: { state: confirmed, folder: ${folder} }
      rescue:
        - name: Undo
          copy: { content: "undone\\n", dest: ${file} }
          when: not ansible_failed_result.put_itself_back | default(false)
        - name: Clear
          commit_confirmed: { state: cleared, folder: ${folder} }
        - name: Stop
          fail: { msg: stopped }
`;

/** A host that nobody can reach once its first connection broke, until `back` holds. */
function run(seconds: number, back: () => boolean, more: Partial<RunText> = {}) {
  let connections = 0;
  return runText(book(seconds), {
    inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
    ...more,
    world: {
      connect: async (host) => {
        connections++;
        if (connections > 1 && !back()) throw new FixError('ssh/unreachable', 'no route', { hint: 'wait', at: host });
        return connectLocal(host);
      },
      sleep: (ms) => delay(Math.min(ms, 50)),
    },
  });
}

const warnings = ({ events }: Awaited<ReturnType<typeof run>>) =>
  events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));

describe('a host that is lost while its guard is armed', () => {
  test('is waited for until it has put itself back, and is told of as put back', async () => {
    const ran = await run(2, outcome);
    expect(ran.trace).toEqual([
      'a Arm: ok',
      'a Change: changed',
      'a Cut: failed',
      'a Undo: skipped',
      'a Clear: ok',
      'a Stop: failed',
    ]);
    expect(ran.result('a', 'Cut')).toMatchObject({ guard_fired: true, put_itself_back: true, unreachable: false });
    expect(ran.result('a', 'Cut').msg).toBe('it was cut off by this step and put itself back');
    expect(warnings(ran)[0]).toMatch(/^a cannot be reached; it puts itself back in at most [12] s; waiting$/);
    expect(ran.verdict).toMatchObject({ kind: 'failed', exitStatus: 2, changed: 0 });
    expect(ran.verdict.states.putBack).toEqual(['a']);
    expect(readFileSync(file, 'utf8')).toBe('old\n');
    expect(existsSync(folder)).toBe(false);
  });

  test('is there again before its guard fires: its rescue puts it back', async () => {
    const ran = await run(300, () => true);
    expect(ran.trace.slice(2)).toEqual(['a Cut: failed', 'a Undo: changed', 'a Clear: ok', 'a Stop: failed']);
    expect(ran.result('a', 'Cut')).toMatchObject({ guard_fired: false, failed: true });
    expect(readFileSync(file, 'utf8')).toBe('undone\n');
    expect(warnings(ran)).toEqual([]);
  });

  test('is given up when a stop at once is asked for, with what it was told to do', async () => {
    const ran = await run(300, () => false, {
      onEvent: (event, stop) => {
        if (event.kind !== 'warning') return;
        stop.ask();
        stop.ask();
      },
    });
    expect(ran.trace.at(-1)).toBe('a Cut: unreachable');
    expect(warnings(ran)[1]).toMatch(
      /^a cannot be reached, and nobody waits any longer; it puts itself back in \d+ s$/,
    );
    expect(ran.verdict).toMatchObject({ kind: 'interrupted', exitStatus: 130 });
    expect(ran.verdict.line).toContain('1 host may be half done');
  });
});

test('a journal that is full in the middle leaves a host to its guard, and says so', async () => {
  let isFull = false;
  const journal = memoryJournal(({ kind }) => {
    isFull ||= kind === 'end' && existsSync(file) && readFileSync(file, 'utf8') === 'new\n';
    if (isFull) throw new FixError('journal/unwritable', 'the disk is full', { hint: 'Make room.' });
  });
  const ran = await runText(book(3), {
    inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
    world: { journal },
  });
  expect(ran.trace).toEqual(['a Arm: ok', 'a Change: changed', 'a Cut: failed', 'a Undo: failed']);
  expect(ran.verdict).toMatchObject({ kind: 'partly-applied', exitStatus: 5 });
  expect(warnings(ran)).toContainEqual(
    expect.stringMatching(/^a keeps its guard, which puts it back in at most [123] s$/),
  );
  for (const end = Date.now() + 20_000; !outcome() && Date.now() < end; ) await delay(50);
  expect(readFileSync(file, 'utf8')).toBe('old\n');
});

test('the others of its batch are confirmed while a host that was cut off is waited for', async () => {
  const at = (state: string, more = '') =>
    `commit_confirmed: { state: ${state}, folder: "${folder}-{{ inventory_hostname }}"${more} }`;
  let ofA = 0;
  const ran = await runText(
    `
- hosts: all
  gather_facts: false
  max_fail_percentage: 0
  tasks:
    - block:
        - name: Arm
          ${at('armed', `, delay: 4, files: ["${file}-{{ inventory_hostname }}"]`)}
        - name: Change
          copy: { content: "new\\n", dest: "${file}-{{ inventory_hostname }}" }
        - name: Cut
          shell: kill -9 $PPID; kill -9 $$
          when: inventory_hostname == 'a'
        - name: Confirm
          ${at('confirmed')}
      rescue:
        - name: Clear
          ${at('cleared')}
        - name: Stop
          fail: { msg: stopped }
- hosts: all
  gather_facts: false
  tasks: [ { name: Next, ping: } ]
`,
    {
      inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: , b: } }\n',
      world: {
        connect: async (host) => {
          if (host === 'a' && ++ofA > 1 && !existsSync(`${folder}-a/test/outcome`))
            throw new FixError('ssh/unreachable', 'no route', { hint: 'wait', at: host });
          return connectLocal(host);
        },
        sleep: (ms) => delay(Math.min(ms, 50)),
      },
    },
  );
  expect(ran.trace.slice(4)).toEqual([
    'b Cut: skipped',
    'b Confirm: ok',
    'a Cut: failed',
    'a Clear: ok',
    'a Stop: failed',
  ]);
  expect([existsSync(`${file}-a`), readFileSync(`${file}-b`, 'utf8')]).toEqual([false, 'new\n']);
  expect(ran.verdict.states).toMatchObject({ changed: ['b'], putBack: ['a'] });
});

test('a confirmation goes over a connection of its own', async () => {
  let opened = 0;
  const ran = await runText(book(300).replace(/ {8}- name: Cut\n.*\n/, ''), {
    inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
    world: {
      connect: (host) => {
        opened++;
        return connectLocal(host);
      },
    },
  });
  expect(ran.trace).toEqual(['a Arm: ok', 'a Change: changed', 'a Confirm: ok']);
  expect(opened).toBe(2);
  expect(ran.verdict).toMatchObject({ kind: 'mended', exitStatus: 0, changed: 1 });
});

test('a host that cannot be reached may be passed over', async () => {
  let tries = 0;
  const ran = await runText(
    `
- hosts: all
  gather_facts: false
  tasks:
    - { name: One, ping: , ignore_unreachable: true }
    - { name: Two, ping: }`,
    {
      inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
      world: {
        connect: async (host) => {
          tries++;
          if (tries === 1) throw new FixError('ssh/unreachable', 'no route', { hint: 'wait', at: host });
          return connectLocal(host);
        },
      },
    },
  );
  expect(ran.trace).toEqual(['a One: unreachable (ignored)', 'a Two: ok']);
  expect(ran.verdict.unreachable).toBe(0);
});

test('a host that refused who we are is not asked a second time', async () => {
  let tries = 0;
  const ran = await runText(
    `
- hosts: all
  gather_facts: false
  tasks:
    - { name: One, ping: , ignore_unreachable: true }
    - { name: Two, ping: }`,
    {
      inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
      world: {
        connect: async (host) => {
          tries++;
          throw new FixError('become/password', 'wrong password', { hint: 'set it', at: host });
        },
      },
    },
  );
  expect(ran.trace).toEqual(['a One: unreachable (ignored)', 'a Two: unreachable']);
  expect(tries).toBe(1);
});
