import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, interleaved } from '../measure.js';
import { ansibleEnv } from '../peers.js';
import { counted, highest } from '../proxy.js';
import { atLeast, atMost, type Bench, limit, middle, rows, those, type Work } from '../work.js';
import { type Addresses, PROXY_PORT } from '../world.js';

/** A big file that is not there, and then is. */
export const copyOfHundredMegabytes: Work = {
  name: 'copy-100mb',
  title: 'a file of 100 MB, 10 addresses of one sshd',
  async run(bench) {
    const [count, megabytes] = bench.size === 'small' ? [2, 1] : [10, 100];
    const world = await bench.addresses();
    const file = join(bench.scratch, 'file');
    writeFileSync(file, randomBytes(megabytes * 1_000_000));
    const samples = await interleaved(contestants(bench, world, count, file), bench.times, bench.tell);
    const [copy, question] = [argv(bench, world, count, file), argv(bench, world, count)];
    const through = (name: string, words: string[]) =>
      counted(bench, world, { name, argv: [...words, '-e', `ansible_port=${PROXY_PORT}`], env: envOf(bench) });
    const [one, again] = [await through('question', question), await through('again', copy)];
    return rows(this.title, [
      atMost(samples, 'scp', 1.3),
      atLeast(samples, 'ansible tuned', undefined),
      limit('memory', middle(samples, 'ours', 'rssMb'), 250, 'MB'),
      limit('again: exchanges a host', highest(again, 'exchanges') - highest(one, 'exchanges') + 1, 1, 'exchanges'),
      limit('again: sent a host', highest(again, 'up') / 1000, 100, 'kB'),
      atMost(samples, 'scp', 1.3, 'again'),
    ]);
  },
};

function contestants(bench: Bench, world: Addresses, count: number, file: string): Contestant[] {
  const addresses = world.addresses(count);
  const folder = folderOf(world);
  // The addresses are one machine, with a folder for each.
  const before = async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const address of addresses) mkdirSync(join(folder, address), { recursive: true });
  };
  const ours = { argv: argv(bench, world, count, file), env: envOf(bench) };
  const options = `-F none -i ${world.keyFile} -o BatchMode=yes -o UserKnownHostsFile=${world.knownHostsFile}`;
  const copy = `scp -q ${options} ${file} root@{}:${folder}/{}/file`;
  return those(
    {
      name: 'scp',
      argv: world.inside(['xargs', '-P', '50', '-I{}', 'sh', '-c', copy]),
      input: addresses.join('\n'),
      before,
    },
    bench.size === 'full' &&
      bench.peers.has('ansible') && {
        name: 'ansible tuned',
        argv: world.inside(['ansible-playbook', ...words(bench, world, count, file)]),
        env: ansibleEnv('ansible tuned', world.folder),
        before,
        says: /changed=1 .*failed=0/,
      },
    { name: 'ours', ...ours, before },
    { name: 'again', ...ours },
  );
}

/** @param file left out where one question is asked instead */
function argv(bench: Bench, world: Addresses, count: number, file?: string): string[] {
  const own = ['-f', '50', '--ssh-config', 'none'];
  const playbook = join(bench.root, 'bench/playbooks/one-question.yaml');
  const what = file === undefined ? [world.inventory(count), playbook] : words(bench, world, count, file).slice(1);
  return [...world.inside(bench.ours('run', ...what, ...own))];
}

/** As Ansible takes them. */
function words(bench: Bench, world: Addresses, count: number, file: string): string[] {
  const playbook = join(bench.root, 'bench/playbooks/copy.yaml');
  return ['-i', world.inventory(count), playbook, '-e', `folder=${folderOf(world)} file=${file}`];
}

function folderOf(world: Addresses): string {
  return join(world.folder, 'copies');
}

function envOf(bench: Bench): Record<string, string> {
  return { FIX_FLANNEL_STATE: join(bench.scratch, 'state'), NO_COLOR: '1' };
}
