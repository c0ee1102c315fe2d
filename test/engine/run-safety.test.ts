import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Connection } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import { unchanged } from '../../src/core/module.js';
import type { StopRequest } from '../../src/engine/stop-request.js';
import { defineFleetModule } from '../../src/modules/fleet-module.js';
import { findModule } from '../../src/modules/index.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { runText } from '../support/run-playbook.js';

const play = (words: string, tasks: string) => `
- hosts: all
  gather_facts: false
${words}
  tasks:
${tasks}`;

const BLOCK = `
    - block:
        - name: Begin
          command: echo begun
        - name: Break
          command: "false"
          when: inventory_hostname == 'b'
        - name: Finish
          debug: { msg: finished }
      rescue:
        - name: Undo
          debug: { msg: undone }
    - name: After
      debug: { msg: after }
`;

describe('any_errors_fatal', () => {
  test('inside a block sends every host of it to the rescue', async () => {
    const { trace } = await runText(play('  any_errors_fatal: true', BLOCK));
    expect(trace.filter((line) => /Undo|rescued/.test(line))).toEqual([
      'a Undo: ok',
      'b Undo: ok',
      'c Undo: ok',
      'a rescued',
      'b rescued',
      'c rescued',
    ]);
    expect(trace.filter((line) => line.includes('Finish'))).toEqual([]);
    expect(trace.filter((line) => line.includes('After'))).toEqual(['a After: ok', 'b After: ok', 'c After: ok']);
  });

  test('without it the others finish their block', async () => {
    const { trace } = await runText(play('', BLOCK));
    expect(trace.filter((line) => /Finish|Undo/.test(line))).toEqual(['a Finish: ok', 'c Finish: ok', 'b Undo: ok']);
  });
});

describe('a host that is lost in the middle of a change', () => {
  const lost = `
    - name: Cut
      shell: kill -9 $PPID; kill -9 $$
    - name: After
      debug: { msg: after }
`;

  test('leaves the run partly applied, and the next batch untouched', async () => {
    const { verdict, trace } = await runText(play('  serial: 1\n  max_fail_percentage: 0', lost));
    expect(trace).toEqual(['a Cut: unreachable']);
    expect(verdict).toMatchObject({ kind: 'partly-applied', exitStatus: 5, changed: 0, unreachable: 1 });
    expect(verdict.states).toMatchObject({ unreachable: ['a'], untouched: ['b', 'c'] });
  });

  test('is not "no host is half done" when the run is stopped too', async () => {
    const { verdict } = await runText(play('  serial: 1', lost), {
      onEvent: (event, stop) => {
        if (event.kind === 'result') stop.ask();
      },
    });
    expect(verdict).toMatchObject({ kind: 'interrupted', exitStatus: 130 });
    expect(verdict.line).toMatch(/1 host may be half done\.$/);
  });

  test('gets a new connection the next time it is asked', async () => {
    let opened = 0;
    const flaky = async (host: string): Promise<Connection> => {
      const real = await connectLocal(host);
      opened++;
      if (opened > 1) return real;
      return { ...real, run: () => Promise.reject(new FixError('ssh/lost', 'gone', { hint: 'again', at: host })) };
    };
    const inventory = 'all: { hosts: { a: } }\n';
    const asked = defineFleetModule({
      name: 'flannel_overlay',
      about: '',
      example: '',
      args: z.strictObject({}),
      async plan(_, hosts, tools) {
        const ask = () =>
          tools.read(hosts[0]?.name as string, READ_NOTHING).then(
            () => 'answered',
            () => 'lost',
          );
        const first = await ask();
        return { outcomes: new Map([['a', unchanged(`${first}, then ${await ask()}`)]]) };
      },
    });
    const again = await runText(play('', '    - name: Twice\n      flannel_overlay:'), {
      inventory,
      check: true,
      world: { connect: flaky, findModule: (name) => (name === asked.name ? asked : findModule(name)) },
    });
    expect(again.result('a', 'Twice').msg).toBe('lost, then answered');
    expect(opened).toBe(2);
  });
});

const READ_NOTHING = {
  one: { fact: { name: 'one', script: () => ({ text: ':', shown: ':' }), parse: () => 1 }, query: {} },
} as never;

describe('an error of the playbook itself', () => {
  const broken = `
- hosts: all
  gather_facts: false
  serial: "{{ nothing.here }}"
  tasks: [{ command: echo two }]
`;

  test('after hosts were changed is told, and the verdict is of what was done', async () => {
    const { verdict, events } = await runText(`${play('', '    - command: echo one')}\n${broken}`);
    expect(verdict).toMatchObject({ kind: 'partly-applied', exitStatus: 5, changed: 3 });
    expect(events.some((event) => event.kind === 'warning' && event.message.includes('nothing'))).toBe(true);
  });

  test('before anything was changed is thrown', async () => {
    await expect(runText(broken)).rejects.toMatchObject({ code: 'template/undefined' });
  });
});

describe('no_log', () => {
  const task = (more: string) => `
    - name: Quiet
      copy: { content: topsecret, dest: "{{ here }}/f"${more} }
      no_log: true
`;

  test('keeps what a task writes out of the plan', async () => {
    const here = mkdtempSync(join(tmpdir(), 'fix-flannel-no-log-'));
    try {
      const { planned } = await runText(play('', task('')), { check: true, extraVars: { here } });
      const shown = planned?.changes.get('a')?.map(({ actions: _, at: __, ...change }) => change);
      expect(shown).toEqual([{ task: 'Quiet', module: 'copy', why: '(no_log)', diff: [] }]);
    } finally {
      rmSync(here, { recursive: true });
    }
  });

  test('keeps what went wrong out of the summary', async () => {
    const failing = '    - name: Quiet\n      fail: { msg: topsecret }\n      no_log: true\n';
    const { planned } = await runText(play('', failing), { check: true });
    expect(planned?.failed.get('a')).toMatchObject({ why: '(no_log)', hint: undefined });
  });
});

test('a stop at once ends the wait of a task that looks at its hosts, and their block undoes', async () => {
  let looks = 0;
  const stops: StopRequest[] = [];
  const waits = defineFleetModule({
    name: 'flannel_overlay',
    about: '',
    example: '',
    args: z.strictObject({}),
    async plan(_, hosts, tools) {
      if (hosts[0]?.task.check) return { outcomes: new Map() };
      for (looks = 1; looks < 1000; looks++) {
        if (looks === 3) for (const stop of stops) stop.ask();
        await tools.sleep(1);
      }
      return { outcomes: new Map() };
    },
  });
  const tasks = `
    - name: Change
      file: { path: "{{ here }}/f", state: touch }
    - block: [{ name: Wait, flannel_overlay: }]
      rescue: [{ name: Undo, debug: { msg: undone } }]
`;
  const here = mkdtempSync(join(tmpdir(), 'fix-flannel-stop-'));
  try {
    const { trace, verdict } = await runText(play('', tasks), {
      extraVars: { here },
      world: { findModule: (name) => (name === waits.name ? waits : findModule(name)) },
      onEvent: (event, stop) => {
        if (event.kind === 'task' && event.task === 'Wait') stops.splice(0, 2, stop, stop);
      },
    });
    expect(looks).toBe(3);
    expect(trace.filter((line) => line.startsWith('a ')).slice(-3)).toEqual([
      'a Wait: failed',
      'a Undo: ok',
      expect.anything(),
    ]);
    expect(verdict.kind).toBe('interrupted');
  } finally {
    rmSync(here, { recursive: true });
  }
});

describe('a playbook that looks at its fleet and runs commands too', () => {
  const LOOK = '    - name: Look\n      flannel_overlay:\n';

  test('runs them, though a plan cannot foresee what they change', async () => {
    const { trace, verdict } = await runText(play('', `${LOOK}    - name: Go\n      command: echo went\n`));
    expect(trace.slice(-3)).toEqual(['a Go: changed', 'b Go: changed', 'c Go: changed']);
    expect(verdict).toMatchObject({ kind: 'mended', changed: 3 });
  });

  test('is looked at once where nothing is to be done', async () => {
    const { events, verdict } = await runText(play('', LOOK));
    expect(events.filter((event) => event.kind === 'play')).toHaveLength(1);
    expect(verdict.kind).toBe('sound');
  });

  test('is only looked at in a check', async () => {
    const { trace } = await runText(play('', `${LOOK}    - name: Go\n      command: echo went\n`), { check: true });
    expect(trace.slice(-3)).toEqual(['a Go: skipped', 'b Go: skipped', 'c Go: skipped']);
  });
});

test('no dead lease goes by a play on a part of the inventory', async () => {
  const { result } = await runText(
    '- { hosts: web, gather_facts: false, tasks: [{ name: Dead, flannel_leases: { dead: absent } }] }',
  );
  expect(result('a', 'Dead').msg).toBe('c left out here, and may hold a lease');
});

describe("the shipped playbook's rescue", () => {
  const tasks = (restart: string) => `
    - block:
        - name: Clear
          file: { path: "{{ here }}/cleared", state: touch }
${restart}
        - fail: { msg: broken }
      rescue:
        - name: Restore
          flannel_restore:
            unit: null
            command: "touch {{ here }}/started"
            restarted: "{{ restarted is defined }}"
            edits: "{{ edit.edits | default([]) }}"
            moved: "{{ cleared.moved | default([]) }}"
        - name: Stop here
          fail: { msg: "{{ ansible_failed_result.msg }}" }
`;
  const RESTART = '        - flannel_restart: { command: "true" }\n          register: restarted';

  test.each([
    { about: 'does not disturb a flanneld that was not restarted', restart: '', started: false },
    { about: 'starts again what was restarted', restart: RESTART, started: true },
  ])('$about', async ({ restart, started }) => {
    const here = mkdtempSync(join(tmpdir(), 'fix-flannel-restore-'));
    try {
      const inventory = 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n';
      const { verdict, trace } = await runText(play('', tasks(restart)), { inventory, extraVars: { here } });
      expect(trace).toContain('a Restore: changed');
      expect(existsSync(join(here, 'started'))).toBe(started);
      expect(verdict).toMatchObject({ kind: 'failed', exitStatus: 2, states: { putBack: ['a'] } });
    } finally {
      rmSync(here, { recursive: true });
    }
  });
});
