import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interleaved } from '../measure.js';
import { atMost, limit, middle, rows, type Work } from '../work.js';

/** How long the shortest commands take, beside Node alone. */
export const startUp: Work = {
  name: 'start-up',
  title: '`--version`, `--help`, `inventory --list` of 1,000 hosts',
  async run(bench) {
    const inventory = join(bench.scratch, 'thousand.yaml');
    writeFileSync(inventory, thousandHosts());
    const samples = await interleaved(
      [
        { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
        { name: '--version', argv: bench.ours('--version'), says: /^\d+\.\d+\.\d+/ },
        { name: '--help', argv: bench.ours('--help'), says: /^Usage: / },
        { name: 'inventory --list', argv: bench.ours('inventory', inventory, '--list'), says: /node1000/ },
      ],
      bench.size === 'small' ? 1 : Math.max(bench.times, 15),
      bench.tell,
    );
    const [version, list] = [middle(samples, '--version'), middle(samples, 'inventory --list')];
    return rows(this.title, [
      atMost(samples, 'node -e 0', 1.5, '--version'),
      atMost(samples, 'node -e 0', 1.5, '--help'),
      limit(
        'inventory --list of 1,000 hosts, over --version',
        list === undefined || version === undefined ? undefined : list - version,
        150,
        'ms',
      ),
    ]);
  },
};

/** As a grown one looks: groups, variables, a template. */
function thousandHosts(): string {
  const hosts = Array.from({ length: 1000 }, (_, index) => {
    const name = `node${String(index + 1).padStart(4, '0')}`;
    return `    ${name}: { ansible_host: 10.${Math.floor(index / 250)}.0.${(index % 250) + 1}, rack: ${index % 40} }`;
  });
  return `all:
  vars:
    ansible_user: vagrant
    label: "{{ inventory_hostname }} in rack {{ rack }}"
  hosts:
${hosts.join('\n')}
  children:
    even: { hosts: { 'node[0002:1000:2]': } }
    flannel: { hosts: { 'node[0001:0500]': } }
`;
}
