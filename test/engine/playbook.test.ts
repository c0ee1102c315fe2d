import { describe, expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

const play = (tasks: string, more = '') => `
- hosts: all
  gather_facts: false
${more}
  tasks:
${tasks.replace(/^/gm, '    ')}
`;
const only = { limit: 'a' };

describe('a playbook run', () => {
  test.each([
    {
      about: 'takes each task on all hosts before the next',
      text: play('- { name: one, debug: { msg: x } }\n- { name: two, debug: { msg: x } }'),
      trace: ['a one: ok', 'b one: ok', 'c one: ok', 'a two: ok', 'b two: ok', 'c two: ok'],
    },
    {
      about: 'drops a host that failed, and only that one',
      text: play(
        "- { name: one, fail: { msg: no }, when: inventory_hostname == 'b' }\n- { name: two, debug: { msg: x } }",
      ),
      trace: ['a one: skipped', 'b one: failed', 'c one: skipped', 'a two: ok', 'c two: ok'],
    },
    {
      about: 'goes on after a failure that is ignored',
      limit: 'a',
      text: play('- { name: one, fail: { msg: no }, ignore_errors: true }\n- { name: two, debug: { msg: x } }'),
      trace: ['a one: failed (ignored)', 'a two: ok'],
    },
    {
      about: 'rescues a block, then always does the last part',
      limit: 'a',
      text: play(`- block:
    - { name: breaks, fail: { msg: no } }
    - { name: never, debug: { msg: x } }
  rescue:
    - { name: mends, debug: { msg: "{{ ansible_failed_task.name }}" } }
  always:
    - { name: last, debug: { msg: x } }
- { name: after, debug: { msg: x } }`),
      trace: ['a breaks: failed', 'a mends: ok', 'a rescued', 'a last: ok', 'a after: ok'],
    },
    {
      about: 'does the last part of a block that nothing rescues, and stops the host',
      limit: 'a',
      text: play(`- block:
    - { name: breaks, fail: { msg: no } }
  always:
    - { name: last, debug: { msg: x } }
- { name: after, debug: { msg: x } }`),
      trace: ['a breaks: failed', 'a last: ok'],
    },
    {
      about: 'loses a host whose rescue fails',
      limit: 'a',
      text: play(`- block:
    - { name: breaks, fail: { msg: no } }
  rescue:
    - { name: mends, fail: { msg: too } }
- { name: after, debug: { msg: x } }`),
      trace: ['a breaks: failed', 'a mends: failed'],
    },
    {
      about: 'runs a notified handler once, at the end',
      limit: 'a',
      text: `
- hosts: all
  tasks:
    - { name: one, command: "true", notify: told }
    - { name: two, command: "true", notify: told }
    - { name: three, debug: { msg: x }, notify: untold }
  handlers:
    - { name: untold, debug: { msg: x } }
    - { name: told, debug: { msg: x } }`,
      trace: ['a one: changed', 'a two: changed', 'a three: ok', 'a told: ok'],
    },
    {
      about: 'runs handlers that listen, and flushes them when told to',
      limit: 'a',
      text: `
- hosts: all
  tasks:
    - { name: one, command: "true", notify: topic }
    - meta: flush_handlers
    - { name: two, debug: { msg: x } }
  handlers:
    - { name: listens, listen: topic, debug: { msg: x } }`,
      trace: ['a one: changed', 'a listens: ok', 'a two: ok'],
    },
    {
      about: 'works through batches',
      text: play('- { name: one, debug: { msg: x } }\n- { name: two, debug: { msg: x } }', '  serial: [1, 2]'),
      trace: ['a one: ok', 'a two: ok', 'b one: ok', 'c one: ok', 'b two: ok', 'c two: ok'],
    },
    {
      about: 'starts no batch after one with too many failures',
      text: play(
        "- { name: one, fail: { msg: no }, when: inventory_hostname == 'a' }",
        '  serial: 1\n  max_fail_percentage: 0',
      ),
      trace: ['a one: failed'],
    },
    {
      about: 'starts no batch after one that failed whole',
      text: play("- { name: one, fail: { msg: no }, when: inventory_hostname == 'b' }", '  serial: 1'),
      trace: ['a one: skipped', 'b one: failed'],
    },
    {
      about: 'stops all hosts where any error is fatal',
      text: play(
        "- { name: one, fail: { msg: no }, when: inventory_hostname == 'b' }\n- { name: two, debug: { msg: x } }",
        '  any_errors_fatal: true',
      ),
      trace: ['a one: skipped', 'b one: failed', 'c one: skipped'],
    },
    {
      about: 'runs once for all, and gives all the result',
      text: play(
        '- { name: one, command: echo hi, run_once: true, register: said }\n- { name: two, assert: { that: said.stdout == "hi" } }',
      ),
      trace: ['a one: changed', 'a two: ok', 'b two: ok', 'c two: ok'],
    },
    {
      about: 'leaves the play with a host, or with all',
      text: play(
        "- { meta: end_host, when: inventory_hostname == 'a' }\n- { name: one, debug: { msg: x } }\n- meta: end_play\n- { name: two, debug: { msg: x } }",
      ),
      trace: ['b meta: skipped', 'c meta: skipped', 'b one: ok', 'c one: ok'],
    },
    {
      about: 'picks tasks by tag, inherited ones too',
      limit: 'a',
      tags: ['pick'],
      text: play(
        '- { name: one, debug: { msg: x }, tags: pick }\n- { name: two, debug: { msg: x } }\n- { tags: [pick], block: [ { name: three, debug: { msg: x } } ] }',
      ),
      trace: ['a one: ok', 'a three: ok'],
    },
    {
      about: 'works on the group that hosts join on the way',
      text: `${play('- { name: one, group_by: { key: "is_{{ inventory_hostname in groups.web }}" } }')}
- hosts: is_True
  tasks: [ { name: two, debug: { msg: x } } ]`,
      trace: ['a one: changed', 'b one: changed', 'c one: changed', 'a two: ok', 'b two: ok'],
    },
  ])('$about', async ({ text, trace, limit, tags }) => {
    const ran = await runText(text, { ...(limit && { limit }), ...(tags && { tags }) });
    expect(ran.trace).toEqual(trace);
  });
});

describe('a task', () => {
  test.each([
    {
      about: 'has its vars over those of block and play',
      text: play('- { name: t, debug: { msg: "{{ v }}" }, vars: { v: task } }', '  vars: { v: play }'),
      msg: 'task',
    },
    {
      about: 'has set facts over task vars',
      text: play('- set_fact: { v: fact }\n- { name: t, debug: { msg: "{{ v }}" }, vars: { v: task } }'),
      msg: 'fact',
    },
    {
      about: 'has extra vars over everything',
      text: play('- set_fact: { v: fact }\n- { name: t, debug: { msg: "{{ v }}" } }'),
      extraVars: { v: 'extra' },
      msg: 'extra',
    },
    {
      about: 'renders a variable in the scope that reads it',
      text: play(
        '- { name: t, debug: { msg: "{{ greeting }}" }, vars: { who: you } }',
        '  vars: { greeting: "hi {{ who }}" }',
      ),
      msg: 'hi you',
    },
    {
      about: 'never renders what a host printed',
      text: play(
        '- { command: "printf \'{{ \'{{\' }} 1 + 1 }}\'", register: r }\n- { name: t, debug: { msg: "{{ r.stdout }}" } }',
      ),
      msg: '{{ 1 + 1 }}',
    },
    {
      about: 'reads a key whose value is null',
      text: play('- set_fact: { f: { a: null } }\n- { name: t, debug: { msg: "{{ f.a is none }}" } }'),
      msg: true,
    },
    {
      about: 'sees other hosts',
      text: play(
        '- set_fact: { mine: "{{ inventory_hostname }}" }\n- { name: t, debug: { msg: "{{ hostvars.a.mine }} {{ groups.all | length }}" } }',
      ),
      msg: 'a 3',
    },
    {
      about: 'leaves out an argument that is omitted',
      text: play('- { name: t, debug: { msg: "{{ nothing | default(omit) }}" } }'),
      msg: 'Hello world!',
    },
  ])('$about', async ({ text, msg, extraVars }) => {
    const ran = await runText(text, { ...only, ...(extraVars && { extraVars }) });
    expect(ran.result('a', 't').msg).toBe(msg);
  });

  test('loops, with an index, and registers every result', async () => {
    const ran = await runText(
      play(
        '- { name: t, command: "echo {{ n }}{{ i }}", loop: [x, y], loop_control: { loop_var: n, index_var: i }, register: r }\n- { name: u, debug: { msg: "{{ r.results | map(attribute=\'stdout\') | join(\',\') }}" } }',
      ),
      only,
    );
    expect(ran.result('a', 'u').msg).toBe('x0,y1');
  });

  test('tries again until its condition holds', async () => {
    const counter = `/tmp/fix-flannel-counter-${process.pid}`;
    const ran = await runText(
      play(
        `- { name: t, shell: "f=${counter}; n=$(cat $f 2>/dev/null || echo 0); echo $((n+1)) > $f; cat $f; [ $n -lt 2 ] || rm $f", register: r, until: r.stdout == '3', retries: 5, delay: 0 }`,
      ),
      only,
    );
    expect(ran.result('a', 't')).toMatchObject({ attempts: 3, stdout: '3' });
  });

  test('fails when its condition never holds', async () => {
    const ran = await runText(
      play('- { name: t, command: "true", register: r, until: r.rc == 1, retries: 2, delay: 0 }'),
      only,
    );
    expect(ran.trace).toEqual(['a t: failed']);
    // As Ansible 2.14 counts where the last try is in vain.
    expect(ran.result('a', 't')).toMatchObject({ attempts: 2, failed: true });
  });

  test('is judged by changed_when and failed_when', async () => {
    const ran = await runText(
      play(
        '- { name: t, command: "false", failed_when: false, changed_when: true }\n- { name: u, command: "true", register: r, failed_when: r.rc == 0 }',
      ),
      only,
    );
    expect(ran.trace).toEqual(['a t: changed', 'a u: failed']);
  });

  test('gives its environment to its command', async () => {
    const ran = await runText(play("- { name: t, shell: 'echo $WHO', environment: { WHO: \"it's me\" } }"), only);
    expect(ran.result('a', 't').stdout).toBe("it's me");
  });

  test('ends within its time', async () => {
    const ran = await runText(play('- { name: t, command: sleep 30, timeout: 0.3 }\n'), only);
    expect(ran.trace).toEqual(['a t: failed']);
  });

  test('shows nothing of what it did where it says no_log', async () => {
    const ran = await runText(play('- { name: t, command: echo secret, no_log: true }'), only);
    const results = ran.events.filter((event) => event.kind === 'result');
    expect(results.map((event) => event.of.noLog)).toEqual([true]);
  });
});

describe('check mode', () => {
  test('changes nothing and tells what would change', async () => {
    const target = `/tmp/fix-flannel-check-${process.pid}`;
    const ran = await runText(
      play(
        `- { name: t, copy: { content: "x\\n", dest: ${target} }, register: r }\n- { name: u, debug: { msg: x }, when: r is changed }\n- { name: v, shell: "echo x > ${target}" }\n- { name: w, stat: { path: ${target} }, register: s }\n- { name: x, assert: { that: not s.stat.exists } }`,
      ),
      { ...only, check: true },
    );
    expect(ran.trace).toEqual(['a t: changed', 'a u: ok', 'a v: skipped', 'a w: ok', 'a x: ok']);
    expect(ran.verdict).toMatchObject({ kind: 'planned', exitStatus: 2 });
  });
});

describe('a stop', () => {
  const batches = play('- { name: one, command: "true" }\n- { name: two, command: "true" }', '  serial: 1');

  test('finishes the batch in hand and starts no other', async () => {
    const ran = await runText(batches, {
      onEvent: (event, stop) => {
        if (event.kind === 'result' && event.task === 'one') stop.ask();
      },
    });
    expect(ran.trace).toEqual(['a one: changed', 'a two: changed']);
    expect(ran.verdict).toMatchObject({ kind: 'interrupted', exitStatus: 130 });
  });

  test('asked for twice, undoes what the block began', async () => {
    const ran = await runText(
      play(
        `- block:
    - { name: one, command: "true" }
    - { name: two, command: "true" }
  rescue:
    - { name: undo, command: "true" }
    - { name: out, fail: { msg: stopped } }`,
        '  serial: 1',
      ),
      {
        onEvent: (event, stop) => {
          if (event.kind === 'result' && event.task === 'one') {
            stop.ask();
            stop.ask();
          }
        },
      },
    );
    expect(ran.trace).toEqual(['a one: changed', 'a two: failed', 'a undo: changed', 'a out: failed']);
    expect(ran.verdict.exitStatus).toBe(130);
  });
});

describe('the verdict', () => {
  test.each([
    { about: 'sound when nothing changed', text: play('- debug: { msg: x }'), exit: 0, kind: 'sound' },
    { about: 'done when something did', text: play('- command: "true"'), exit: 0, kind: 'mended' },
    { about: 'failed when a host failed unchanged', text: play('- fail: { msg: no }'), exit: 2, kind: 'failed' },
    {
      about: 'partly applied when a host failed changed',
      text: play('- command: "true"\n- fail: { msg: no }'),
      exit: 5,
      kind: 'partly-applied',
    },
  ])('is $about', async ({ text, exit, kind }) => {
    const { verdict } = await runText(text, only);
    expect(verdict).toMatchObject({ kind, exitStatus: exit });
  });
});
