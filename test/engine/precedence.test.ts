import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

// The order was asked of ansible-core 2.14.18: what is included with `vars` wins over what was set, over a task's own.
const RANKS = ['all', 'group', 'host', 'play', 'block', 'task', 'fact', 'include', 'extra'] as const;
type Rank = (typeof RANKS)[number];

test('of the levels that set a variable the highest one counts', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...RANKS], { minLength: 1 }), async (ranks) => {
      const set = (rank: Rank) => (ranks.includes(rank) ? `{ it: ${rank} }` : '{ other: 1 }');
      const inventory = `all:
  vars: ${ranks.includes('all') ? '{ it: all, ansible_connection: local }' : '{ ansible_connection: local }'}
  children:
    web:
      vars: ${set('group')}
      hosts: { a: ${set('host')} }
`;
      const playbook = `- hosts: all
  gather_facts: false
  vars: ${set('play')}
  tasks:
    - set_fact: ${set('fact')}
    - vars: ${set('block')}
      block:
        - include_tasks: told.yaml
          vars: ${set('include')}
`;
      const files = { 'told.yaml': `- name: told\n  debug: { msg: "{{ it }}" }\n  vars: ${set('task')}\n` };
      const extraVars = ranks.includes('extra') ? { it: 'extra' } : {};
      const ran = await runText(playbook, { inventory, files, extraVars });
      expect(ran.result('a', 'told').msg).toBe(RANKS.findLast((rank) => ranks.includes(rank)));
    }),
    { numRuns: 40 },
  );
});
