import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { ownJournals, tasksBegun } from '../support/lab-journal.js';
import { UNSETTLED } from '../support/lab-program.js';
import { fingerprint, NODES, whatStaysWrong } from '../support/lab-state.js';
import { starts } from '../support/lab-undo.js';

/** Long enough that nobody waits for it: the lock of a process that is gone has to be taken at once. */
const LONG_TTL = ['--lock-ttl', '10m'];
const ONE_BY_ONE = ['-e', 'flannel_serial=1', ...UNSETTLED];

describe('a fix that was killed while node2 was in hand', () => {
  const program = ownJournals();
  let killed: string;
  let docker: number[];

  test('`runs list` shows it as not ended', async () => {
    await lab('break', 'seed');
    const running = program.start(['run', LAB_INVENTORY, ...ONE_BY_ONE, ...LONG_TTL], (line, { steps, signal }) => {
      if (/^running: Restart flanneld/.test(line) && steps().some((one) => /^batch 2 of 3: node2/.test(one)))
        signal('SIGKILL');
    });
    const end = await running.ended;
    expect(end.status, end.output).toBe(null);
    killed = program.record().header.id;
    docker = await starts('docker');
    const { output } = await program.run('runs', 'list');
    expect(output.replace(/\s+/g, ' ')).toMatch(new RegExp(`${killed} .* 2 hosts changed .*: not ended`));
    const show = await program.run('runs', 'show', killed);
    expect(show.output).toContain(`go on with it: fix-flannel run --resume ${killed}\n`);
  });

  test('is not gone on with without the -e that it had', async () => {
    const before = await fingerprint();
    const end = await program.run('run', '--resume', killed);
    expect(end.status, end.output).toBe(64);
    expect(end.output).toContain('the run had other -e variables');
    expect(await fingerprint()).toBe(before);
  });

  test('is gone on with: it takes the lock of the dead process at once, converges, and leaves no guard', async () => {
    const end = await program.run('run', '--resume', killed, ...ONE_BY_ONE);
    expect(end.status, end.output).toBe(0);
    expect(end.output).toMatch(new RegExp(`Going on with ${killed}: 3 hosts left`));
    expect(end.output.replace(/\s+/g, ' ')).toMatch(
      new RegExp(`the lock on .* was taken from .*${killed}.*: that process has ended`),
    );
    expect(end.output).not.toMatch(/waiting (up to|for)/);
    expect(await whatStaysWrong()).toEqual([]);
    // node1 was done: it is looked at and left alone.
    expect((await starts('docker'))[0]).toBe(docker[0]);
    expect(tasksBegun(program.record(), 'node1')).toEqual([]);
    expect(program.record().header.of).toBe(killed);
  });

  test('once it has ended well, nothing is left to go on with', async () => {
    const before = await fingerprint();
    const id = program.record().header.id;
    const end = await program.run('run', '--resume', id, ...ONE_BY_ONE);
    expect(end.status, end.output).toBe(0);
    expect(end.output).toContain(`Run ${id} has ended well on all of its hosts; nothing is left to do.`);
    expect(program.record().header.id).toBe(id);
    expect(await fingerprint()).toBe(before);
  });
});

/** Goes on once the test says so, and counts what was done by appending. */
const PLAYBOOK = `
- hosts: flannel
  serial: 1
  tasks:
    - name: Mark
      shell: echo marked >>/run/lab-resume
    - name: Wait to be let go
      command: timeout 60 sh -c 'until [ -e /run/lab-resume-go ]; do sleep 0.1; done'
`;

describe('a playbook that was killed on its second host', () => {
  const program = ownJournals();
  const marks = () => Promise.all(NODES.map((node) => onNode(node, 'cat /run/lab-resume 2>/dev/null || :')));
  const clean = () => Promise.all(NODES.map((node) => onNode(node, 'rm -f /run/lab-resume*')));
  afterAll(clean);

  test('is gone on with on the hosts that are left', async () => {
    await clean();
    await onNode('node1', 'touch /run/lab-resume-go');
    const playbook = join(program.folder, 'marks.yaml');
    writeFileSync(playbook, PLAYBOOK);
    const running = program.start(['run', LAB_INVENTORY, playbook, ...LONG_TTL], (line, { steps, signal }) => {
      if (/^running: Wait/.test(line) && steps().includes('batch 2 of 3: node2')) signal('SIGKILL');
    });
    const killed = await running.ended;
    expect(killed.status, killed.output).toBe(null);
    expect(await marks()).toEqual(['marked\n', 'marked\n', '']);
    await Promise.all(NODES.map((node) => onNode(node, 'touch /run/lab-resume-go')));

    const { id } = program.record().header;
    const end = await program.run('run', '--resume', id);
    expect(end.status, end.output).toBe(0);
    expect(end.output).toContain(`Going on with ${id}: 2 hosts left (node2, node3).`);
    expect(await marks()).toEqual(['marked\n', 'marked\nmarked\n', 'marked\n']);
    expect([...program.record().hosts.keys()]).toEqual(['node2', 'node3']);
  });
});
