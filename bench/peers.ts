import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

/** Another program that does the same work. */
export interface Peer {
  readonly name: string;
  /** What Debian calls it, where Debian has it. */
  readonly package?: string;
  readonly present: () => boolean;
}

export const PEERS: readonly Peer[] = [
  { name: 'ansible', package: 'ansible-core', present: () => onPath('ansible-playbook') },
  {
    name: 'mitogen',
    package: 'ansible-mitogen',
    present: () => onPath('ansible-playbook') && existsSync(MITOGEN),
  },
  { name: 'openssh', package: 'openssh-client', present: () => onPath('ssh') && onPath('scp') },
  { name: 'pyinfra', present: () => onPath('pyinfra') },
];

/** @returns the names of those that are here */
export function peersHere(install: boolean, tell: (line: string) => void): ReadonlySet<string> {
  for (const peer of PEERS) {
    if (!install || peer.present() || peer.package === undefined) continue;
    tell(`installing ${peer.package}`);
    const ended = spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', peer.package], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
    if (ended.status !== 0) tell(`apt-get could not: ${ended.stderr.trim()}`);
  }
  const here = PEERS.filter((peer) => peer.present()).map(({ name }) => name);
  for (const peer of PEERS) {
    if (!here.includes(peer.name)) tell(`left out, as it is not here: ${peer.name}${hintOf(peer)}`);
  }
  return new Set(here);
}

/** How Ansible is told to be what a name says. */
export type AnsibleKind = 'ansible' | 'ansible tuned' | 'mitogen';

/** Options as a good user of it would set them; the rest is its own choice. */
export function ansibleEnv(kind: AnsibleKind, home: string): Record<string, string> {
  const usual = { LC_ALL: 'C.UTF-8', HOME: home, ANSIBLE_NOCOLOR: '1', ANSIBLE_RETRY_FILES_ENABLED: '0' };
  if (kind === 'ansible') return usual;
  const tuned = { ...usual, ANSIBLE_PIPELINING: '1', ANSIBLE_FORKS: '50', ANSIBLE_GATHERING: 'explicit' };
  if (kind === 'ansible tuned') return tuned;
  return { ...tuned, ANSIBLE_STRATEGY_PLUGINS: MITOGEN, ANSIBLE_STRATEGY: 'mitogen_linear' };
}

function hintOf({ package: name }: Peer): string {
  return name === undefined ? '' : ` (--install takes Debian's ${name})`;
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
}
