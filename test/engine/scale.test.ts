import { expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

const HOSTS = 1000;
const INVENTORY = `all:
  vars: { ansible_connection: local, role: node }
  hosts: { 'node[0001:${HOSTS}]': }
  children:
    even: { hosts: { 'node[0002:${HOSTS}:2]': } }
`;

const PLAYBOOK = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Remember
      set_fact: { mine: "{{ inventory_hostname }} is a {{ role }}" }
      register: remembered
    - name: Say
      debug: { msg: "{{ mine }} of {{ ansible_play_hosts | length }}" }
      when: remembered is success
    - name: See another
      debug: { msg: "{{ hostvars['node0001'].mine }}, {{ groups.even | length }}" }
`;

/** A module without questions and actions needs no connection, so this is the engine's own time. */
test('three tasks over a thousand hosts take seconds', { timeout: 60_000 }, async () => {
  const began = performance.now();
  const ran = await runText(PLAYBOOK, {
    inventory: INVENTORY,
    world: { connect: async () => Promise.reject(new Error('nothing here needs a connection')) },
  });
  const seconds = (performance.now() - began) / 1000;
  expect(ran.trace).toHaveLength(3 * HOSTS);
  expect(ran.result('node0777', 'Say').msg).toBe('node0777 is a node of 1000');
  expect(ran.result('node1000', 'See another').msg).toBe('node0001 is a node, 500');
  expect(seconds).toBeLessThan(15);
});
