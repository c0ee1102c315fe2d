import { expect } from 'vitest';
import type { CheckLine, ReportFinding, ReportNotEvaluated } from '../../src/compliance/report.js';
import { command, fixFlannel, LAB_INVENTORY, onNode } from './lab.js';
import { NODES } from './lab-state.js';

/** What a check of the lab said. */
export interface Checked {
  readonly exitStatus: number | null;
  readonly checks: readonly CheckLine[];
  readonly findings: readonly ReportFinding[];
  readonly notEvaluated: readonly ReportNotEvaluated[];
  /** All of it as it came, for a test that fails. */
  readonly output: string;
}

/** `check --json` of the lab's inventory, or of what `args` name. */
export async function checkLab(...args: string[]): Promise<Checked> {
  const ended = await fixFlannel('check', ...(args.length > 0 ? args : [LAB_INVENTORY]), '--json', '--no-history');
  const lines = ended.stdout.split('\n').filter((line) => line.startsWith('{'));
  const parts = lines.map((line) => JSON.parse(line) as { kind: string });
  const of = <T>(kind: string) => parts.filter((part) => part.kind === kind) as unknown as readonly T[];
  expect(of('verdict'), ended.stdout + ended.stderr).toHaveLength(1);
  return {
    exitStatus: ended.status,
    checks: of('check'),
    findings: of('finding'),
    notEvaluated: of('not-evaluated'),
    output: ended.stdout + ended.stderr,
  };
}

/** The ids of all findings, each once, sorted: `FF304 FF401`. */
export function foundIds({ findings }: Checked): string {
  return [...new Set(findings.map(({ id }) => id))].sort().join(' ');
}

/** Every check was looked at on every host, and none has anything to tell. */
export function expectSound({ checks, findings, notEvaluated, exitStatus, output }: Checked): void {
  expect(findings, output).toEqual([]);
  expect(notEvaluated, output).toEqual([]);
  expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(exitStatus).toBe(0);
}

/**
 * Files, folders and links with mode, owner, size, time and content; units, network, packet filter. Left out is what a
 * login leaves by itself (utmp, motd, sessions), journals, sockets, and etcd's own log.
 */
const EVERYTHING = `cd /
find etc run var/lib tmp root home -xdev \\( -path run/systemd -o -path run/user -o -path run/log -o -path run/host \\
  -o -path run/sudo -o -path var/lib/etcd -o -path var/lib/systemd \\) -prune -o ! -type s ! -name utmp \\
  ! -name motd.dynamic ! -type d -printf '%p %y %m %U:%G %s %T@ %l\\n' -o -type d -printf '%p %y %m %U:%G\\n' | sort
find etc run/flannel run/systemd/system tmp root home -xdev -type f -exec sha256sum {} + 2>/dev/null | sort
systemctl list-units --all --plain --no-legend --type=service,timer | grep -Ev 'session|user@|user-runtime' | sort
systemctl show flanneld docker etcd -p Id,ActiveState,MainPID,ExecMainStartTimestampMonotonic,UnitFileState,NRestarts
ip -4 -o addr; ip -4 route; ip neigh show dev flannel.1 nud permanent | sort; iptables -S; bridge fdb show dev flannel.1 | sort`;

/** All that a check could change on the lab's hosts and in etcd: equal texts mean that it changed nothing. */
export async function everything(): Promise<string> {
  const hosts = await Promise.all(NODES.map((node) => onNode(node, EVERYTHING)));
  return [...hosts, await etcdStores()].join('\n');
}

/** The same, once what follows a fault by itself (leases that peers are told of) has come to an end. */
export async function settledState(): Promise<string> {
  let state = await everything();
  for (let tries = 0; tries < 5; tries += 1) {
    const next = await everything();
    if (next === state) return state;
    state = next;
  }
  throw new Error('the lab does not come to rest');
}

/** `lab etcdctl` with one store's words, which has to succeed. */
export async function etcdctl(store: 'v2' | 'v3', ...args: string[]): Promise<string> {
  const ended = await command('env', [`ETCDCTL_API=${store.slice(1)}`, 'lab/lab', 'etcdctl', ...args]);
  if (ended.status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${ended.status}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** Keys and values of both stores with the revisions that wrote them, and the one that any write would raise. */
async function etcdStores(): Promise<string> {
  const v3 = JSON.parse(await etcdctl('v3', 'get', '', '--from-key', '-w', 'json')) as {
    readonly header: { readonly revision: number };
    readonly kvs: unknown;
  };
  const keys = (await etcdctl('v2', 'ls', '--recursive', '-p', '/')).split('\n').filter((key) => /[^/]$/.test(key));
  const v2: string[] = [];
  for (const key of keys.sort()) v2.push(await etcdctl('v2', '-o', 'extended', 'get', key));
  const lasting = v2.map((text) => text.replace(/^TTL: .*\n/m, ''));
  return [`v3 revision ${v3.header.revision}`, JSON.stringify(v3.kvs), ...lasting].join('\n');
}
