import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, interleaved } from '../measure.js';
import { type AnsibleKind, ansibleEnv } from '../peers.js';
import { atLeast, type Bench, limit, middle, rows, those, type Work } from '../work.js';
import type { Addresses } from '../world.js';

const TASKS = 50;

/** Fifty small tasks that change something, and the same once more with nothing left to change. */
export const fiftyTasks: Work = {
  name: 'tasks-50',
  title: '50 small tasks, 20 addresses of one sshd',
  async run(bench) {
    const count = bench.size === 'small' ? 2 : 20;
    const world = await bench.addresses();
    const samples = await interleaved(contestants(bench, world, count), bench.times, bench.tell);
    const each = (ours: string) => {
      const cpuMs = middle(samples, ours, 'cpuMs');
      return cpuMs === undefined ? undefined : cpuMs / (TASKS * count);
    };
    return rows(this.title, [
      atLeast(samples, 'ansible tuned', 15),
      atLeast(samples, 'mitogen', undefined),
      limit('controller CPU a task and host', each('ours'), 3, 'ms'),
      limit('again: controller CPU a task and host', each('again'), 3, 'ms'),
      limit('memory', middle(samples, 'ours', 'rssMb'), 250, 'MB'),
    ]);
  },
};

function contestants(bench: Bench, world: Addresses, count: number): Contestant[] {
  const inventory = world.inventory(count);
  const playbook = join(bench.root, 'bench/playbooks/tasks-50.yaml');
  const folder = join(world.folder, 'tasks');
  const vars = ['-e', `folder=${folder}`];
  // The addresses are one machine: what one wrote there is no longer to be written by the next.
  const before = async () => rmSync(folder, { recursive: true, force: true });
  const ours = {
    argv: world.inside(bench.ours('run', inventory, playbook, '-f', '50', '--ssh-config', 'none', ...vars)),
    env: { FIX_FLANNEL_STATE: join(bench.scratch, 'state'), NO_COLOR: '1' },
  };
  const ansible = (name: AnsibleKind): Contestant => ({
    name,
    argv: world.inside(['ansible-playbook', '-i', inventory, playbook, ...vars]),
    env: ansibleEnv(name, world.folder),
    before,
    says: new RegExp(`ok=${TASKS} +changed=36 .*failed=0`),
  });
  const full = bench.size === 'full';
  return those(
    { name: 'ours', ...ours, before },
    { name: 'again', ...ours },
    full && bench.peers.has('ansible') && ansible('ansible tuned'),
    full && bench.peers.has('mitogen') && ansible('mitogen'),
  );
}
