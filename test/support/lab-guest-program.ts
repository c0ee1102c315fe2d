import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { command, type Ended, LAB_DIR, onNode, PROGRAM, readProjectFile } from './lab.js';

/** Where a guest has Node and the program, and where its inventory, key and known hosts. */
const HOME = '/opt/fix-flannel';
export const SITE = '/etc/fix-flannel';

/** The program in a guest, as an operator installs it: Node, what was built, the packages that run. */
export async function installProgram(node: string): Promise<void> {
  const root = dirname(dirname(resolve(PROGRAM)));
  await onNode(node, `mkdir -p ${HOME}/node ${SITE}; chmod 755 ${HOME} ${SITE}`);
  await copy(node, root, ['bin', 'dist', 'playbooks', 'package.json', ...runningPackages()], HOME);
  await copy(node, dirname(process.execPath), ['node'], `${HOME}/node`);
  await copy(node, join(LAB_DIR, 'ssh'), ['id_ed25519', 'known_hosts'], SITE);
  await onNode(
    node,
    `cd ${SITE}; chmod 600 id_ed25519; chmod 644 known_hosts; cat >lab.yaml <<'END'\n${INVENTORY}END
     ${HOME}/node/node --version`,
  );
}

/** All of it, and what it kept. */
export async function removeProgram(node: string): Promise<void> {
  await onNode(node, `rm -rf ${HOME} ${SITE} /var/lib/fix-flannel /var/lib/private/fix-flannel`);
}

/** `fix-flannel ...` inside a guest, as root. */
export function fixFlannelOn(node: string, ...args: string[]): Promise<Ended> {
  return command('lab/lab', ['exec', node, `${HOME}/node/node`, `${HOME}/bin/fix-flannel.js`, ...args]);
}

/** Without a key: a schedule's user is handed that. */
const INVENTORY = `flannel:
  hosts:
    node1: { ansible_host: 10.0.0.111 }
    node2: { ansible_host: 10.0.0.112 }
    node3: { ansible_host: 10.0.0.113 }
  vars:
    ansible_user: vagrant
    ansible_become: true
    ansible_ssh_common_args: -o UserKnownHostsFile=${SITE}/known_hosts
`;

/** Folders of node_modules that the program needs to run. */
function runningPackages(): string[] {
  const { packages } = JSON.parse(readProjectFile('package-lock.json')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => /^node_modules\/[^/]+(\/[^/]+)?$/.test(path) && !dev && !optional)
    .map(([path]) => path);
}

async function copy(node: string, from: string, names: readonly string[], to: string): Promise<void> {
  const script =
    'from=$1 node=$2 to=$3; shift 3; tar -C "$from" -chf - "$@" | lab/lab exec "$node" tar -xf - --no-same-owner -C "$to"';
  const ended = await command('bash', ['-o', 'pipefail', '-c', script, 'copy', from, node, to, ...names]);
  if (ended.status !== 0) throw new Error(`cannot copy ${from} to ${node}: ${ended.stderr}`);
}
