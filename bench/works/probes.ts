import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, interleaved } from '../measure.js';
import { type AnsibleKind, ansibleEnv } from '../peers.js';
import { atLeast, atMost, type Bench, limit, middle, type Row, rows, type Work } from '../work.js';
import type { Addresses } from '../world.js';

const FORKS = '50';

/** Four read-only probes and an assert, on many addresses of one sshd. */
export const probes: Work = {
  name: 'probes',
  title: 'four read-only probes and an assert, 100 addresses of one sshd',
  async run(bench) {
    const count = bench.size === 'small' ? 5 : 100;
    const world = await bench.addresses();
    const samples = await interleaved(contestants(bench, world, count, true), bench.times, bench.tell);
    return rows(this.title, [
      atMost(samples, 'floor', 1.15),
      atLeast(samples, 'openssh', undefined),
      atLeast(samples, 'ansible tuned', 20),
      atLeast(samples, 'ansible', undefined),
      atLeast(samples, 'mitogen', undefined),
      atLeast(samples, 'pyinfra', 2),
      limit('controller CPU a host', perHost(middle(samples, 'ours', 'cpuMs'), count), 8, 'ms'),
      limit('controller CPU a host of the floor', perHost(middle(samples, 'floor', 'cpuMs'), count), 8, 'ms'),
    ]);
  },
};

/** The same on a thousand; Ansible takes minutes there and is left out. */
export const probesOfThousand: Work = {
  name: 'probes-1000',
  title: 'the same, 1,000 addresses',
  async run(bench) {
    const count = bench.size === 'small' ? 20 : 1000;
    const world = await bench.addresses();
    const samples = await interleaved(contestants(bench, world, count, false), bench.times, bench.tell);
    const few = await interleaved(contestants(bench, world, count / 10, false), bench.times, bench.tell);
    const grown = (middle(samples, 'ours') ?? 0) / ((middle(few, 'ours') ?? 0) * 10);
    const cost: Omit<Row, 'work'> = limit('time a host beside that of a tenth', grown, 1, 'x');
    return rows(this.title, [
      atMost(samples, 'floor', 1.15),
      atLeast(samples, 'openssh', undefined),
      limit('controller CPU a host', perHost(middle(samples, 'ours', 'cpuMs'), count), 8, 'ms'),
      limit('controller CPU a host of the floor', perHost(middle(samples, 'floor', 'cpuMs'), count), 8, 'ms'),
      limit('memory', middle(samples, 'ours', 'rssMb'), 250, 'MB'),
      cost,
    ]);
  },
};

function contestants(bench: Bench, world: Addresses, count: number, all: boolean): Contestant[] {
  const inventory = world.inventory(count);
  const playbook = join(bench.root, 'bench/playbooks/probes.yaml');
  const script = join(bench.root, 'bench/playbooks/probes.sh');
  const addresses = `${world.addresses(count).join('\n')}\n`;
  const env = { FIX_FLANNEL_STATE: join(bench.scratch, 'state'), NO_COLOR: '1' };
  const ssh = `ssh -F none -i ${world.keyFile} -o BatchMode=yes -o UserKnownHostsFile=${world.knownHostsFile}`;
  const ansible = (name: AnsibleKind): Contestant => ({
    name,
    argv: world.inside(['ansible-playbook', '-i', inventory, playbook]),
    env: ansibleEnv(name, world.folder),
    says: /ok=5 .*failed=0/,
  });
  const found: Contestant[] = [
    {
      name: 'ours',
      argv: world.inside(bench.ours('run', inventory, playbook, '-f', FORKS, '--ssh-config', 'none')),
      env,
    },
    {
      name: 'floor',
      argv: world.inside([process.execPath, join(bench.root, 'bench/floor.mjs'), 'root', world.keyFile, script, FORKS]),
      input: addresses,
      says: new RegExp(`^${count} hosts`),
    },
    {
      name: 'openssh',
      argv: world.inside(['xargs', '-P', FORKS, '-I{}', 'sh', '-c', `${ssh} root@{} sh -s < ${script}`]),
      input: addresses,
    },
  ];
  if (all && bench.peers.has('pyinfra')) {
    found.push(pyinfra(bench, world, count));
  }
  if (all && bench.size === 'full' && bench.peers.has('ansible'))
    found.push(ansible('ansible tuned'), ansible('ansible'));
  if (all && bench.size === 'full' && bench.peers.has('mitogen')) found.push(ansible('mitogen'));
  return found;
}

function pyinfra(bench: Bench, world: Addresses, count: number): Contestant {
  const script = readFileSync(join(bench.root, 'bench/playbooks/probes.sh'), 'utf8');
  return {
    name: 'pyinfra',
    argv: world.inside([
      'pyinfra',
      '-y',
      ...['--user', 'root', '--key', world.keyFile],
      world.addresses(count).join(','),
      'exec',
      '--',
      `sh -c '${script.replaceAll("'", "'\\''")}'`,
    ]),
    env: { HOME: world.folder },
  };
}

function perHost(total: number | undefined, hosts: number): number | undefined {
  return total === undefined ? undefined : total / hosts;
}
