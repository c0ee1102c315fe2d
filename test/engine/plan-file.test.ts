import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Basis } from '../../src/core/basis.js';
import { run } from '../../src/core/module.js';
import { Secret, sh } from '../../src/core/script.js';
import { differences, type PlanFile, planGuard, planOf, readPlan } from '../../src/engine/plan-file.js';
import type { TalliedChange, Tally } from '../../src/engine/tally.js';
import { changeOf, tallyOf } from '../report/make.js';
import { HEADER } from '../support/run-playbook.js';

const SALT = '00112233445566778899aabbccddeeff';
const ASKED = { inventory: 'i', playbook: 'p', limit: '', tags: [], skipTags: [], extraVars: 'e' };

const edit = changeOf('edit the unit', { actions: [run(sh`edit ${'a'}`)] });
const restart = changeOf('restart', { at: 'playbook.yaml:9:1', actions: [run(sh`systemctl restart ${'flanneld'}`)] });

function tally(more: Partial<Tally> = {}): Tally {
  return tallyOf({
    hosts: new Set(['node1', 'node2']),
    changes: new Map([['node1', [edit, restart]]]),
    basis: {
      hosts: new Map<string, Basis>([
        ['node1', { 'subnet held': '10.1.11.0/24', 'file /u': `0644 ${'a'.repeat(64)}` }],
        ['node2', { 'subnet held': '10.1.22.0/24' }],
      ]),
      cluster: { 'lease 10.1.11.0/24': '10.0.2.15' },
    },
    ...more,
  });
}

function plan(more: Partial<Tally> = {}, header = HEADER): PlanFile {
  return planOf(tally(more), header, ASKED, SALT);
}

const changes = (...node1: TalliedChange[]) => ({ changes: new Map([['node1', node1]]) });
const basis = (hosts: Record<string, Record<string, string>>, cluster: Record<string, string> = {}) => ({
  basis: { hosts: new Map(Object.entries(hosts)), cluster },
});
const usual = { node1: { 'subnet held': '10.1.11.0/24', 'file /u': `0644 ${'a'.repeat(64)}` } };
const sameLease = { 'lease 10.1.11.0/24': '10.0.2.15' };

describe('a plan against what would be done now', () => {
  test('holds where nothing has changed, whatever the run is called', () => {
    const later = planOf(
      tally(changes({ ...edit, why: 'edit RUN2', actions: [run(sh`edit ${'run-2'}`)] })),
      { ...HEADER, id: 'run-2', startedAt: '2030-01-01T00:00:00Z' },
      ASKED,
      SALT,
    );
    const sooner = planOf(
      tally(changes({ ...edit, why: 'edit RUN2', actions: [run(sh`edit ${'run-1'}`)] })),
      { ...HEADER, id: 'run-1' },
      ASKED,
      SALT,
    );
    expect(differences(sooner, later)).toEqual([]);
  });

  test.each<[string, Partial<Tally>, string]>([
    [
      'a file was edited',
      basis(
        {
          ...usual,
          node1: { ...usual.node1, 'file /u': `0644 ${'b'.repeat(64)}` },
          node2: { 'subnet held': '10.1.22.0/24' },
        },
        sameLease,
      ),
      'node1: file /u has changed',
    ],
    [
      'a mode was changed',
      basis(
        {
          ...usual,
          node1: { ...usual.node1, 'file /u': `0600 ${'a'.repeat(64)}` },
          node2: { 'subnet held': '10.1.22.0/24' },
        },
        sameLease,
      ),
      'node1: file /u has changed',
    ],
    [
      'a file has gone',
      basis({ node1: { 'subnet held': '10.1.11.0/24' }, node2: { 'subnet held': '10.1.22.0/24' } }, sameLease),
      'node1: file /u is gone',
    ],
    [
      'a file has come',
      basis({ ...usual, node2: { 'subnet held': '10.1.22.0/24', 'file /d': 'x' } }, sameLease),
      'node2: file /d is new',
    ],
    [
      'a node holds another subnet',
      basis({ ...usual, node2: { 'subnet held': '10.1.33.0/24' } }, sameLease),
      'node2: subnet held was 10.1.22.0/24, and is 10.1.33.0/24',
    ],
    [
      'a lease has come',
      basis({ ...usual, node2: { 'subnet held': '10.1.22.0/24' } }, { ...sameLease, 'lease 10.1.22.0/24': '10.0.0.2' }),
      'lease 10.1.22.0/24 is new',
    ],
    ['a lease has gone', basis({ ...usual, node2: { 'subnet held': '10.1.22.0/24' } }), 'lease 10.1.11.0/24 is gone'],
    [
      'a lease is of another',
      basis({ ...usual, node2: { 'subnet held': '10.1.22.0/24' } }, { 'lease 10.1.11.0/24': '10.0.0.9' }),
      'lease 10.1.11.0/24 was 10.0.2.15, and is 10.0.0.9',
    ],
    ['a host was added', { hosts: new Set(['node1', 'node2', 'node3']) }, 'node3: it was not planned for'],
    ['a host has gone', { hosts: new Set(['node1']) }, 'node2: it is not there any more'],
    ['a step has gone', changes(edit), 'node1: planned edit the unit; restart; now edit the unit'],
    ['all steps have gone', { changes: new Map() }, 'node1: planned edit the unit; restart; now nothing'],
    [
      'a step is done in another way',
      changes(edit, { ...restart, actions: [run(sh`reboot`)] }),
      'node1: the steps are done in another way',
    ],
    [
      'the order is another',
      changes(restart, edit),
      'node1: planned edit the unit; restart; now restart; edit the unit',
    ],
    [
      'another host changes too',
      {
        changes: new Map([
          ['node1', [edit, restart]],
          ['node2', [edit]],
        ]),
      },
      'node2: planned nothing; now edit the unit',
    ],
    [
      'a lease is to go',
      { clusterChanges: [changeOf('delete the lease')] },
      'the cluster: planned nothing; now delete the lease',
    ],
    ['a command was added', { notRun: new Map([['playbook.yaml:12:1', 'Say']]) }, 'other tasks than no plan can show'],
  ])('names it where %s', (_, more, words) => {
    expect(differences(plan(), plan(more))).toEqual([words]);
  });

  test.each([
    ['inventory', 'the inventory is another'],
    ['playbook', 'the playbook is another'],
    ['limit', '--limit is another'],
    ['extraVars', 'the variables of -e are others'],
  ])('names another %s', (name, words) => {
    const now = planOf(tally(), HEADER, { ...ASKED, [name]: 'other' }, SALT);
    expect(differences(plan(), now)).toEqual([words]);
  });

  test('names other tags', () => {
    const now = planOf(tally(), HEADER, { ...ASKED, tags: ['x'], skipTags: ['y'] }, SALT);
    expect(differences(plan(), now)).toEqual(['--tags are others', '--skip-tags are others']);
  });
});

describe('the file', () => {
  test('reads back as it was written', () => {
    expect(readPlan(JSON.stringify(plan()), 'plan.json')).toEqual(plan());
  });

  test('holds no secret of a script, in no form', () => {
    const secret = new Secret('hunter2-hunter2');
    const text = JSON.stringify(
      plan(changes({ ...edit, why: 'use hunter2-hunter2', actions: [run(sh`use ${secret}`)] })),
    );
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('hunter2-hunter2').toString('base64').slice(0, 12));
  });

  test.each([
    ['', 'it is no JSON'],
    ['{', 'it is no JSON'],
    ['null', ''],
    ['[]', ''],
    ['{}', 'format'],
    [JSON.stringify({ ...plan(), format: 'fix-flannel-plan/2' }), 'format'],
    [JSON.stringify({ ...plan(), salt: 'x' }), 'salt'],
    [JSON.stringify({ ...plan(), more: 1 }), ''],
    [JSON.stringify({ ...plan(), hosts: [] }), 'hosts'],
    [JSON.stringify({ ...plan(), madeAt: 'yesterday' }), 'madeAt'],
    [`{"__proto__": ${JSON.stringify(plan())}}`, 'format'],
    ['['.repeat(100_000), 'it is no JSON'],
  ])('is refused where it is %.40s', (text, words) => {
    expect(() => readPlan(text, 'plan.json')).toThrow(
      expect.objectContaining({ code: 'plan/invalid', message: expect.stringContaining(words) }),
    );
  });

  test('any other text is refused, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readPlan(text, 'f')).toThrow(expect.objectContaining({ code: 'plan/invalid' }));
      }),
    );
  });
});

describe('in the course of a run', () => {
  const change = (of: TalliedChange, more = {}) => ({
    ...of,
    road: { become: undefined, words: {} },
    undoing: false,
    ...more,
  });
  const guard = planGuard(plan(), 'another-run');

  test.each([
    ['a step of the plan', 'node1', change(edit)],
    ['a step that undoes', 'node2', change(edit, { undoing: true })],
    ['a safeguard', 'node2', change(edit, { module: 'commit_confirmed' })],
  ])('%s is let through', (_, host, what) => {
    expect(() => guard.change(host, what)).not.toThrow();
  });

  test.each([
    ['on another host', 'node2', change(edit)],
    ['done in another way', 'node1', change({ ...edit, actions: [run(sh`rm -rf /`)] })],
    ['of another task', 'node1', change({ ...edit, at: 'playbook.yaml:99:1' })],
    ['with one action more', 'node1', change({ ...edit, actions: [...edit.actions, run(sh`more`)] })],
    [
      'that the plan could show, by a module that it could not',
      'node1',
      change({ ...edit, module: 'command', at: 'x:1:1' }),
    ],
  ])('a step %s is refused', (_, host, what) => {
    expect(() => guard.change(host, what)).toThrow(expect.objectContaining({ code: 'plan/stale' }));
  });

  test.each([
    [true, 'the dead lease 10.1.11.0/24 of 10.0.2.15', 'playbook.yaml:1:1'],
    [true, 'the dead lease 10.1.22.0/24 of 10.0.2.1', 'playbook.yaml:1:1'],
    [false, 'the dead lease 10.1.11.0/24 of 10.0.2.1', 'playbook.yaml:1:1'],
    [false, 'the dead lease 10.1.33.0/24 of 10.0.2.15', 'playbook.yaml:1:1'],
    [false, 'the dead lease 10.1.11.0/24 of 10.0.2.15', 'playbook.yaml:9:1'],
  ])('it is %s that the plan deletes %s at %s', (holds, lease, at) => {
    const why =
      'delete the dead lease 10.1.11.0/24 of 10.0.2.15, the dead lease 10.1.22.0/24 of 10.0.2.1, which no node holds then';
    expect(planGuard(plan({ clusterChanges: [changeOf(why)] }), 'run').deletes(lease, at)).toBe(holds);
  });

  test('a task that no plan can show is let through where the plan names it', () => {
    const named = planGuard(plan({ notRun: new Map([['playbook.yaml:12:1', 'Say']]) }), 'run');
    const say = change(changeOf('run echo', { module: 'command', at: 'playbook.yaml:12:1', actions: [run(sh`echo`)] }));
    expect(() => named.change('node1', say)).not.toThrow();
  });
});
