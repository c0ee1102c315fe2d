import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

const play = (tasks: string, hosts = 'all') => `
- hosts: ${hosts}
  gather_facts: false
  tasks:
${tasks.replace(/^/gm, '    ')}
`;

describe('what tasks learn', () => {
  test('a host that joins is there in later plays, and counts as changed once', async () => {
    const add = 'add_host: { name: late, groups: [web, fresh], v: 1, ansible_connection: local }';
    const ran = await runText(
      `${play(`- { name: one, ${add} }\n- { name: again, ${add} }\n- { name: more, add_host: { name: late, v: 2 } }`)}
${play('- { name: two, debug: { msg: "{{ v }} {{ group_names }}" } }', 'fresh')}`,
    );
    expect(ran.trace).toEqual(['a one: changed', 'a again: ok', 'a more: changed', 'late two: ok']);
    expect(ran.result('late', 'two').msg).toBe("2 ['fresh', 'web']");
  });

  test('a group that hosts join is part of its parents, and of what these are part of', async () => {
    const ran = await runText(
      play(`- { name: one, group_by: { key: deep, parents: mid } }
- { name: two, group_by: { key: mid, parents: [top, all] } }
- { name: three, group_by: { key: deep, parents: [mid] } }
- { name: four, group_by: { key: leaf, parents: mid } }
- { name: five, debug: { msg: "{{ group_names }} {{ groups.top }}" } }`),
      { limit: 'a' },
    );
    expect(ran.trace).toEqual(['a one: changed', 'a two: changed', 'a three: ok', 'a four: changed', 'a five: ok']);
    expect(ran.result('a', 'five').msg).toBe("['deep', 'leaf', 'mid', 'top', 'web'] ['a']");
  });

  test('variables from files lose to set facts, are templates, and may be asked for by words', async () => {
    const ran = await runText(
      play(`- { name: one, include_vars: file=more.yml }
- { name: two, include_vars: more.yml name=under }
- set_fact: { b: fact }
- { name: three, debug: { msg: "{{ a }} {{ b }} {{ under.c }}" } }`),
      { limit: 'a', files: { 'more.yml': 'a: "{{ inventory_hostname }}"\nb: file\nc: 3\n' } },
    );
    expect(ran.result('a', 'three').msg).toBe('a fact 3');
    expect(ran.result('a', 'one').ansible_included_var_files).toHaveLength(1);
  });

  test('a job counts as changed unless the task says otherwise', async () => {
    const ran = await runText(
      play(`- { name: one, command: sleep 0.1, async: 30, poll: 0, changed_when: false }
- { name: two, command: sleep 0.1, async: 30, poll: 0 }
- { name: three, command: sleep 0.1, async: 30, poll: 0, failed_when: true, ignore_errors: true }`),
      { limit: 'a', world: { sleep: setTimeout } },
    );
    expect(ran.trace.slice(0, 3)).toEqual(['a one: ok', 'a two: changed', 'a three: failed (ignored)']);
  });

  test('a job is asked for until it has ended', async () => {
    const ran = await runText(
      play(`- { name: one, command: sleep 0.3, async: 30, poll: 0, register: job }
- name: two
  async_status: { jid: "{{ job.ansible_job_id }}" }
  register: state
  until: state is finished
  retries: 60
  delay: 1
- { name: three, async_status: { jid: nobody }, ignore_errors: true }`),
      { limit: 'a', world: { sleep: setTimeout } },
    );
    expect(ran.trace.slice(0, 2)).toEqual(['a one: changed', 'a two: changed']);
    expect(ran.result('a', 'two')).toMatchObject({ finished: 1, rc: 0 });
    expect(ran.result('a', 'three')).toMatchObject({ failed: true, msg: 'could not find job' });
  });
});
