import { expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

// What ansible-core 2.14.18 says to the same.
test('a block hands its tasks to another host, whose variables they may ask for', async () => {
  const inventory = 'all:\n  vars: { ansible_connection: local }\n  hosts: { a: { n: 1 }, b: { n: 2 } }\n';
  const playbook = `- name: magic
  hosts: a
  gather_facts: false
  throttle: 1
  vars: { raw: "{{ n }}x", environment: prod }
  tasks:
    - delegate_to: b
      throttle: 1
      block:
        - name: delegated
          debug:
            msg: >-
              {{ ansible_delegated_vars | list }} {{ ansible_delegated_vars.b.n }} {{ ansible_delegated_vars.b.ansible_host }}
              {{ n }}
    - name: asked
      debug:
        msg:
          - "{{ vars.n }} {{ vars['raw'] }} {{ 'vars' in vars }} {{ vars.inventory_hostname }}"
          - "{{ ansible_play_name }} {{ role_names }} {{ ansible_role_names }} {{ ansible_dependent_role_names }}"
          - "{{ ansible_delegated_vars is defined }} {{ ansible_parent_role_names is defined }} {{ environment }}"
    - name: looped
      debug: { msg: "{{ ansible_loop.allitems | default('no') }} {{ ansible_loop.length }}" }
      loop: [1]
      loop_control: { extended: true, extended_allitems: false }
`;
  const ran = await runText(playbook, { inventory });
  expect(ran.result('a', 'delegated').msg).toBe("['b'] 2 b 1");
  expect(ran.result('a', 'asked').msg).toEqual(['1 {{ n }}x False a', 'magic [] [] []', 'False False []']);
  expect(ran.result('a', 'looped').results).toEqual([expect.objectContaining({ msg: 'no 1' })]);
});
