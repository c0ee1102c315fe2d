import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_WAIT_MS = 10_000;

/** Where a counting proxy listens, on each of the addresses. */
export const PROXY_PORT = 2222;

/** One real sshd in a network namespace of its own, that answers on every address of 127.0.0.0/8. */
export interface Addresses {
  readonly folder: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** `argv`, run in the namespace. */
  inside(argv: readonly string[]): readonly string[];
  /** An inventory of the first so many addresses. @returns its file */
  inventory(count: number): string;
  addresses(count: number): readonly string[];
  close(): Promise<void>;
}

/** Needs root. Nothing outside its namespace can reach it, nor be reached from it. */
export async function openAddresses(): Promise<Addresses> {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-bench-'));
  chmodSync(folder, 0o755);
  const [hostKey, keyFile] = [join(folder, 'host_key'), join(folder, 'user_key')];
  const knownHostsFile = join(folder, 'known_hosts');
  for (const file of [hostKey, keyFile]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
  }
  mkdirSync(join(folder, 'home'), { mode: 0o700 });
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${keyFile}.pub`));
  writeFileSync(join(folder, 'config'), sshdConfig(folder));
  const publicKey = readFileSync(`${hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(
    knownHostsFile,
    addressesOf(1000)
      .map((address) => `${address},[${address}]:${PROXY_PORT} ${publicKey}\n`)
      .join(''),
  );
  const script = 'ip link set lo up && exec /usr/sbin/sshd -D -e -f "$1"';
  const sshd = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', join(folder, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const inside = (argv: readonly string[]) => ['nsenter', `--net=/proc/${sshd.pid}/ns/net`, ...argv];
  await listening(sshd);
  return {
    folder,
    keyFile,
    knownHostsFile,
    inside,
    addresses: addressesOf,
    inventory(count) {
      const file = join(folder, `inventory-${count}.yaml`);
      writeFileSync(file, inventoryOf(count, keyFile, knownHostsFile));
      return file;
    },
    async close() {
      await end(sshd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function addressesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`);
}

/** What both read: Ansible's words. */
function inventoryOf(count: number, keyFile: string, knownHostsFile: string): string {
  const hosts = addressesOf(count).map((address, index) => {
    const name = `node${String(index + 1).padStart(4, '0')}`;
    return `    ${name}: { ansible_host: ${address} }`;
  });
  return `all:
  vars:
    ansible_user: root
    ansible_python_interpreter: /usr/bin/python3
    ansible_ssh_private_key_file: ${keyFile}
    ansible_ssh_common_args: -o UserKnownHostsFile=${knownHostsFile}
  hosts:
${hosts.join('\n')}
`;
}

function sshdConfig(folder: string): string {
  const locked = /^root:!/m.test(readFileSync('/etc/shadow', 'utf8'));
  return [
    'ListenAddress 0.0.0.0',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'PidFile none',
    'PermitRootLogin yes',
    // One sshd stands for a thousand: each of them would see one connection.
    'MaxStartups 2000',
    'MaxSessions 100',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'Subsystem sftp /usr/lib/openssh/sftp-server',
    // Without PAM, sshd lets nobody in whose password is locked.
    `UsePAM ${locked ? 'yes' : 'no'}`,
    'Match User root',
    `SetEnv HOME=${join(folder, 'home')}`,
    '',
  ].join('\n');
}

async function listening(sshd: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`sshd does not listen: ${log}`)), START_WAIT_MS);
    sshd.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('Server listening')) resolve();
      if (log.includes('Server listening')) clearTimeout(timer);
    });
    sshd.once('exit', (status) => reject(new Error(`sshd ended with ${status}: ${log}`)));
  });
  sshd.stderr?.removeAllListeners('data').resume();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
