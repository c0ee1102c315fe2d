import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunOptions } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import type { Script } from '../../src/core/script.js';
import { takeTargetLock } from '../../src/engine/target-lock.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { memoryJournal } from '../support/memory-journal.js';
import { runText } from '../support/run-playbook.js';

const ONE = 'all: { hosts: { a: } }\n';
let here: string;

beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'fix-flannel-changes-'));
});
afterEach(() => rmSync(here, { recursive: true }));

const play = (tasks: string) => `
- hosts: all
  gather_facts: false
  tasks:
${tasks}`;
const write = (name: string, content: string) => `
    - name: Write ${name}
      copy: { dest: "{{ here }}/${name}", content: "${content}" }`;

describe('the journal of a run', () => {
  test('has what stood there, that a step begins, how it ended, and how the host stands', async () => {
    writeFileSync(join(here, 'old'), 'before');
    const journal = memoryJournal();
    const { verdict } = await runText(play(write('old', 'after') + write('new', 'x')), {
      inventory: ONE,
      extraVars: { here },
      world: { journal },
    });
    expect(verdict.kind).toBe('mended');
    expect(journal.lines()).toEqual([
      `a before ${here}/old file`,
      'a begin 1 Write old',
      'a end 1 done',
      `a before ${here}/new absent`,
      'a begin 2 Write new',
      'a end 2 done',
      'a state done',
    ]);
    const [before] = journal.entries.map(({ entry }) => entry);
    expect(before).toMatchObject({ kind: 'before', image: { files: [{ content: Buffer.from('before') }] } });
    const after = journal.entries.flatMap(({ entry }) => (entry.kind === 'end' ? entry.after : []));
    expect(after).toMatchObject([
      { path: `${here}/old`, kind: 'file', bytes: 5 },
      { path: `${here}/new`, kind: 'file', bytes: 1 },
    ]);
    expect(journal.endings).toMatchObject([{ verdict: 'mended', exitStatus: 0 }]);
  });

  test('images a file once, however often it is changed', async () => {
    const journal = memoryJournal();
    await runText(play(write('one', 'x') + write('one', 'y')), {
      inventory: ONE,
      extraVars: { here },
      world: { journal },
    });
    expect(journal.lines().filter((line) => line.includes('before'))).toEqual([`a before ${here}/one absent`]);
  });

  test('says of a command that it cannot be undone', async () => {
    const journal = memoryJournal();
    await runText(play('    - command: echo hello'), { inventory: ONE, world: { journal } });
    expect(journal.entries.map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({ kind: 'begin', module: 'command', undoable: false }),
    );
  });

  test('is not written by a check', async () => {
    const journal = memoryJournal();
    await runText(play(write('one', 'x')), { inventory: ONE, extraVars: { here }, check: true, world: { journal } });
    expect([journal.headers, journal.entries, journal.endings]).toEqual([[], [], []]);
    expect(existsSync(join(here, 'one'))).toBe(false);
  });

  test.each(['before', 'begin'])('that cannot take %s keeps the step from being done', async (kind) => {
    const full = new FixError('journal/unwritable', 'no space left', { hint: 'Make room.' });
    const journal = memoryJournal((entry) => {
      if (entry.kind === kind) throw full;
    });
    const { verdict, trace } = await runText(play(write('one', 'x')), {
      inventory: ONE,
      extraVars: { here },
      world: { journal },
    });
    expect(trace).toEqual(['a Write one: failed']);
    expect(verdict.exitStatus).not.toBe(0);
    expect(existsSync(join(here, 'one'))).toBe(false);
  });

  const full = new FixError('journal/unwritable', 'no space left', { hint: 'Make room.' });
  /** From the end of the first step on, nothing can be written any more. */
  const fullAtEnd = () => {
    let isFull = false;
    return memoryJournal(({ kind }) => {
      isFull ||= kind === 'end';
      if (isFull) throw full;
    });
  };

  test('that cannot take the end of a step leaves it done, tells of it, and keeps the next from being begun', async () => {
    const { verdict, trace, events } = await runText(play(write('one', 'x') + write('two', 'x')), {
      inventory: ONE,
      extraVars: { here },
      world: { journal: fullAtEnd() },
    });
    expect(trace).toEqual(['a Write one: changed', 'a Write two: failed']);
    expect(verdict).toMatchObject({ kind: 'partly-applied', changed: 1 });
    expect(events).toContainEqual({ kind: 'warning', message: 'no space left' });
    expect(existsSync(join(here, 'two'))).toBe(false);
  });

  test('that cannot take the end of a failed step does not hide what went wrong', async () => {
    const { result } = await runText(play('    - name: Fail\n      shell: echo the reason >&2; exit 3'), {
      inventory: ONE,
      world: { journal: fullAtEnd() },
    });
    expect(result('a', 'Fail')).toMatchObject({ rc: 3 });
    const cut = await runText(play('    - name: Cut\n      shell: kill -9 $PPID; kill -9 $$'), {
      inventory: ONE,
      world: { journal: fullAtEnd() },
    });
    expect(cut.trace).toEqual(['a Cut: unreachable']);
    expect(cut.verdict.kind).toBe('partly-applied');
  });

  test('has a step as done though nobody can tell how it left its files', async () => {
    const journal = memoryJournal();
    let looks = 0;
    const connect = async (host: string) => {
      const connection = await connectLocal(host);
      return {
        ...connection,
        run: (script: Script, options: RunOptions) => {
          if (!script.text.includes('look_at') || ++looks < 2) return connection.run(script, options);
          return connection.run({ ...script, text: script.text.replaceAll('look_at', 'no_such_look') }, options);
        },
      };
    };
    const { trace } = await runText(play(write('one', 'x')), {
      inventory: ONE,
      extraVars: { here },
      world: { journal, connect },
    });
    expect([looks, trace]).toEqual([2, ['a Write one: changed']]);
    expect(journal.lines().slice(1)).toEqual(['a begin 1 Write one', 'a end 1 done', 'a state done']);
  });

  test('needs few exchanges: what is there; the lock, and what an undo needs; the change; what is there; the change; the lock again', async () => {
    const scripts: string[] = [];
    const connect = async (host: string) => {
      const connection = await connectLocal(host);
      return {
        ...connection,
        run: (script: Script, options: RunOptions) => {
          scripts.push(script.text);
          return connection.run(script, options);
        },
      };
    };
    const tasks = write('one', 'x') + write('one', 'y');
    await runText(play(tasks), { inventory: ONE, extraVars: { here }, world: { connect } });
    expect(scripts).toHaveLength(6);
  });

  test('does not call a host done that the run never came to, or did not come to the end of', async () => {
    const journal = memoryJournal();
    const plays = `
- hosts: all
  gather_facts: false
  serial: 1
  max_fail_percentage: 0
  tasks:
    - { name: One, command: echo one }
    - { name: Two, command: echo two, failed_when: "inventory_hostname == 'b'" }
- hosts: all
  gather_facts: false
  tasks: [ { name: Three, command: echo three } ]
`;
    await runText(plays, { world: { journal } });
    expect(journal.lines().filter((line) => line.includes('state'))).toEqual([
      'a state left',
      'b state failed',
      'c state left',
    ]);
    const whole = memoryJournal();
    await runText(plays.replace("'b'", "'x'"), { world: { journal: whole } });
    expect(whole.lines().filter((line) => line.includes('state'))).toEqual([
      'a state done',
      'b state done',
      'c state done',
    ]);
  });

  test('tells of a step that broke off with the connection', async () => {
    const journal = memoryJournal();
    await runText(play('    - name: Cut\n      shell: kill -9 $PPID; kill -9 $$'), {
      inventory: ONE,
      world: { journal },
    });
    expect(journal.lines()).toEqual(['a begin 1 Cut', 'a end 1 lost', 'a state cut-off']);
  });
});

test('what is planned is looked at as the user who will change it, before the first change as that user', async () => {
  const journal = memoryJournal();
  const book = `
    - name: As the login
      copy: { dest: "{{ here }}/one", content: x }
    - name: As root
      copy: { dest: "{{ here }}/two", content: x }
      become: true
    - name: As root again
      copy: { dest: "{{ here }}/three", content: x }
      become: true
    - name: Over a list
      copy: { dest: "{{ here }}/{{ item }}", content: x }
      become: true
      loop: [four]`;
  await runText(play(book), { inventory: ONE, extraVars: { here }, planFirst: true, world: { journal } });
  const looked = journal.entries.flatMap(({ entry }) => (entry.kind === 'before' ? [entry] : []));
  const root = { method: 'sudo', user: 'root' };
  expect(looked.map(({ become, image }) => [become, image.files.map(({ path }) => path)])).toEqual([
    [undefined, [`${here}/one`]],
    [root, [`${here}/two`, `${here}/three`, `${here}/four`]],
  ]);
});

test('a playbook that breaks in the middle gives back the locks of its hosts', async () => {
  const targetLockFolder = join(here, 'lock');
  const { verdict } = await runText(
    `${play(write('one', 'x'))}
- hosts: all
  gather_facts: false
  serial: "{{ nobody_knows }}"
  tasks: [ { ping: } ]`,
    { inventory: ONE, extraVars: { here }, targetLockFolder },
  );
  expect(verdict.kind).toBe('partly-applied');
  const generations = readdirSync(targetLockFolder).filter((name) => /^\d+$/.test(name));
  expect(generations.map((name) => readFileSync(join(targetLockFolder, name), 'utf8'))).toEqual(['']);
});

describe('a run that loses its hold', () => {
  /** Two steps; after the first, something happens to the lock on the host. */
  const meanwhile = async (happens: (folder: string, generation: number) => void) => {
    const folder = join(here, 'lock');
    return runText(play(write('one', 'x') + write('two', 'x')), {
      inventory: ONE,
      extraVars: { here },
      targetLockFolder: folder,
      onEvent(event) {
        if (event.kind !== 'result' || event.task !== 'Write one') return;
        const generations = readdirSync(folder).map(Number).filter(Number.isInteger);
        happens(folder, Math.max(...generations));
      },
    });
  };

  test('stops before its next change, on the host itself', async () => {
    const { trace, result } = await meanwhile((folder, generation) =>
      writeFileSync(join(folder, String(generation + 1)), '9999999999 1000000000 other\n{}\n'),
    );
    expect(trace).toEqual(['a Write one: changed', 'a Write two: failed']);
    expect(result('a', 'Write two').msg).toContain('another run has taken a over');
    expect(readFileSync(join(here, 'one'), 'utf8')).toBe('x');
    expect(existsSync(join(here, 'two'))).toBe(false);
  });

  test('goes on where its lock ended while nobody took it', async () => {
    const { trace } = await meanwhile((folder, generation) =>
      writeFileSync(join(folder, String(generation)), '1 1 test\n{}\n'),
    );
    expect(trace).toEqual(['a Write one: changed', 'a Write two: changed']);
  });

  test('does not go on where somebody had the host in between', async () => {
    const { trace } = await meanwhile((folder, generation) =>
      writeFileSync(join(folder, String(generation + 1)), '1 1 other\n{}\n'),
    );
    expect(trace).toEqual(['a Write one: changed', 'a Write two: failed']);
    expect(existsSync(join(here, 'two'))).toBe(false);
  });
});

test('what is done over a connection of its own is behind the fence too', async () => {
  mkdirSync(join(here, 'own'));
  const guards = join(here, 'own', 'guards');
  const folder = join(here, 'lock');
  const { trace } = await runText(
    play(`
    - name: Arm
      commit_confirmed: { state: armed, delay: 600, files: [${here}/one], folder: ${guards} }
    - name: Confirm
      commit_confirmed: { state: confirmed, folder: ${guards} }`),
    {
      inventory: ONE,
      targetLockFolder: folder,
      onEvent(event) {
        if (event.kind !== 'result' || event.task !== 'Arm') return;
        const generations = readdirSync(folder).map(Number).filter(Number.isInteger);
        writeFileSync(join(folder, String(Math.max(...generations) + 1)), '9999999999 1000000000 other\n{}\n');
      },
    },
  );
  expect(trace).toEqual(['a Arm: ok', 'a Confirm: failed']);
  expect(existsSync(join(guards, 'test'))).toBe(true);
  await runText(play(`    - commit_confirmed: { state: cleared, folder: ${guards} }`), { inventory: ONE });
  expect(existsSync(guards)).toBe(false);
});

test('hosts that are one machine share the lock of their run', async () => {
  const { trace } = await runText(play('    - name: Say\n      command: echo "{{ inventory_hostname }}"'));
  expect(trace).toEqual(['a Say: changed', 'b Say: changed', 'c Say: changed']);
});

test('a host that another run holds is left alone, and named', async () => {
  const since = '2026-11-24T22:00:00Z';
  const holder = { run: 'other', by: 'somebody@elsewhere', pid: 1, process: '', since, why: 'fix-flannel run' };
  const targetLockFolder = join(here, 'lock');
  const connection = await connectLocal('a');
  await connection.run(takeTargetLock(holder, 60, [], targetLockFolder), { timeoutMs: 5000 });
  await connection.close();
  const given = { inventory: ONE, extraVars: { here }, targetLockFolder };
  const { trace, result } = await runText(play(write('one', 'x')), given);
  expect(trace).toEqual(['a Write one: failed']);
  expect(result('a', 'Write one').msg).toContain('somebody@elsewhere');
  expect(existsSync(join(here, 'one'))).toBe(false);
  const gone = await runText(play(write('one', 'x')), { ...given, world: { isGone: () => true } });
  expect(gone.trace).toEqual(['a Write one: changed']);
});
