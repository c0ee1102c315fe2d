import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the lab keeps its keys, its inventory and its base. */
export const LAB_DIR = process.env.LAB_DIR ?? '/var/tmp/fix-flannel-lab';
export const LAB_NAME = process.env.LAB_NAME ?? 'fflab';
export const LAB_INVENTORY = `${LAB_DIR}/inventory.yaml`;
/** The program under test; another build of it may be named. */
export const PROGRAM = process.env.FIX_FLANNEL_PROGRAM ?? 'bin/fix-flannel.js';
export const PROGRAM_ENV = {
  NO_COLOR: '1',
  FIX_FLANNEL_STATE: process.env.FIX_FLANNEL_STATE ?? `${LAB_DIR}/run/state`,
} as const;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. @param input what it reads; nothing where left out */
export function command(program: string, args: readonly string[], timeoutMs = 300_000): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...PROGRAM_ENV },
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** `lab/lab ...`, which has to succeed. */
export async function lab(...args: string[]): Promise<string> {
  const ended = await command('lab/lab', args);
  if (ended.status !== 0) throw new Error(`lab ${args.join(' ')}: ${ended.status}\n${ended.stdout}\n${ended.stderr}`);
  return ended.stdout;
}

/** A script on a guest. */
export function onNode(node: string, script: string): Promise<string> {
  return lab('exec', node, 'sh', '-c', script);
}

/** `fix-flannel ...` as an operator runs it: in the lab's control namespace. */
export function fixFlannel(...args: string[]): Promise<Ended> {
  return command('lab/lab', ['ctl', process.execPath, PROGRAM, ...args]);
}

/** Every node's subnet, by node. */
export async function subnets(nodes = ['node1', 'node2', 'node3']): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const node of nodes) {
    const env = await onNode(node, 'cat /run/flannel/subnet.env 2>/dev/null || true');
    found[node] = /FLANNEL_SUBNET=(\S+)/.exec(env)?.[1] ?? 'none';
  }
  return found;
}

export function readProjectFile(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}
