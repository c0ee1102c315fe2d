import { setTimeout as sleep } from 'node:timers/promises';
import { command, lab, onNode, readProjectFile } from './lab.js';

export const NODES = ['node1', 'node2', 'node3'] as const;
export const UNIT = '/etc/systemd/system/flanneld.service';

/** The seed's unit, before and after the fix. */
export const BROKEN_UNIT = readProjectFile('lab/forms/seed/etc/systemd/system/flanneld.service');
export const FIXED_UNIT = BROKEN_UNIT.replace('/usr/local/bin/flanneld ', '/usr/local/bin/flanneld -iface=eth1 ');

export interface NodeState {
  readonly unit: string;
  /** `10.1.5.1/24`, as `subnet.env`, the vxlan device and docker's bridge have it; empty where there is none. */
  readonly subnet: string;
  readonly device: string;
  readonly bridge: string;
  /** Unit and active state: `flanneld active`. */
  readonly states: readonly string[];
  readonly failedUnits: readonly string[];
  /** Temporary files of the tool beside the files it writes, guards that are armed, locks that are held. */
  readonly leftovers: readonly string[];
}

/** Prints a node's state in sections. A lock's folder may stay; a holding of it that was not released may not. */
const SCRIPT = `
echo @unit; cat ${UNIT}; echo @subnet; sed -n 's/^FLANNEL_SUBNET=//p' /run/flannel/subnet.env 2>/dev/null
echo @device; ip -4 -o addr show dev flannel.1 2>/dev/null | awk '{ print $4 }'
echo @bridge; ip -4 -o addr show dev docker0 2>/dev/null | awk '{ print $4 }'
echo @states; for unit in flanneld docker; do echo $unit $(systemctl is-active $unit); done
echo @failedUnits; systemctl list-units --all --plain --no-legend --state=failed | awk '{ print $1 }'
echo @leftovers
find /etc/systemd/system /run/systemd/system /run/flannel /etc/default -name '.fix-flannel*' -o -name '*.t.*' 2>/dev/null
systemctl list-units --all --plain --no-legend 'fix-flannel*' | awk '{ print "guard " $1 }'
for holding in /run/fix-flannel/lock/[0-9]*; do
  [ -d "$holding" ] && [ ! -e "$holding/released" ] && echo "lock $holding"
done
pgrep -af 'fix-flannel.*guard' | grep -v @leftovers | sed 's/^/guard process /' # but for this script itself
`;

/** What a node holds now. */
export async function readNode(node: string): Promise<NodeState> {
  const parts = Object.fromEntries(
    `\n${await onNode(node, SCRIPT)}`
      .split('\n@')
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return [part.slice(0, end), part.slice(end + 1)];
      }),
  ) as Readonly<Record<string, string>>;
  const lines = (name: string): readonly string[] => (parts[name] ?? '').split('\n').filter((line) => line !== '');
  return {
    unit: `${parts.unit ?? ''}\n`,
    subnet: lines('subnet')[0] ?? '',
    device: lines('device')[0] ?? '',
    bridge: lines('bridge')[0] ?? '',
    states: lines('states'),
    failedUnits: lines('failedUnits'),
    leftovers: lines('leftovers'),
  };
}

/** Lines of `lab status` about leases: `10.1.5.0-24  {"PublicIP":...}`. */
export async function readLeases(): Promise<ReadonlyMap<string, string>> {
  const lines = (await lab('status')).split('\n').filter((line) => /^ {2}\d/.test(line));
  return new Map(
    lines.map((line) => [
      /(\d+\.\d+\.\d+\.\d+)-24/.exec(line)?.[1] ?? line,
      /"PublicIP":"([^"]+)"/.exec(line)?.[1] ?? '',
    ]),
  );
}

/** Keys of the tool in etcd, of either store. */
export async function locksInEtcd(): Promise<readonly string[]> {
  const texts = await Promise.all([
    command('env', ['ETCDCTL_API=3', 'lab/lab', 'etcdctl', 'get', '--keys-only', '--prefix', '/kubernetes/network/']),
    command('env', ['ETCDCTL_API=2', 'lab/lab', 'etcdctl', 'ls', '--recursive', '/kubernetes/network']),
  ]);
  return texts.flatMap(({ stdout }) => stdout.split('\n')).filter((key) => key.includes('fix-flannel'));
}

/** How a mended lab may differ from the seed's, mended. */
export interface Mended {
  readonly nodes?: readonly string[];
  readonly unit?: string;
  /** Leases of nodes that are elsewhere. */
  readonly otherLeases?: number;
}

/** Everything that keeps the lab from being mended, as sentences; none of them is the invariant after every fault. */
export async function whatIsWrong(mended: Mended = {}): Promise<readonly string[]> {
  const { nodes = NODES, unit = FIXED_UNIT, otherLeases = 0 } = mended;
  const states = await Promise.all(nodes.map(readNode));
  const wrong = states.flatMap((state, index) => nodeTroubles(nodes[index] ?? '', state, unit));
  const held = states.map(({ subnet }) => subnet);
  if (new Set(held).size !== held.length) wrong.push(`nodes share a subnet: ${held.join(', ')}`);
  const leases = await readLeases();
  for (const [index, { subnet }] of states.entries()) {
    const owner = `10.0.0.11${(nodes[index] ?? '').slice(4)}`;
    const of = leases.get(subnet.replace(/\.1\/24$/, '.0'));
    if (of !== owner) wrong.push(`${nodes[index]} holds ${subnet}, and its lease is of ${of ?? 'nobody'}`);
  }
  if (leases.size !== nodes.length + otherLeases) {
    wrong.push(`${leases.size} leases: ${[...leases].slice(0, 10).join('; ')}`);
  }
  return [...wrong, ...(await locksInEtcd()).map((key) => `lock in etcd: ${key}`)];
}

function nodeTroubles(node: string, state: NodeState, unit: string): string[] {
  const wrong: string[] = [];
  if (state.unit !== unit) wrong.push(`${node}'s unit is not as it should be:\n${state.unit}`);
  for (const line of state.states) if (!line.endsWith(' active')) wrong.push(`${node}: ${line}`);
  for (const failed of state.failedUnits) wrong.push(`${node}: ${failed} failed`);
  for (const left of state.leftovers) wrong.push(`${node}: left over: ${left}`);
  if (state.device !== state.subnet.replace(/\.1\/24$/, '.0/32')) {
    wrong.push(`${node}: flannel.1 has ${state.device}, subnet.env ${state.subnet}`);
  }
  if (state.bridge !== state.subnet) wrong.push(`${node}: docker0 has ${state.bridge}, subnet.env ${state.subnet}`);
  return wrong;
}

/** The same, once what follows a change in etcd by itself has had its time: what is still wrong then is wrong. */
export async function whatStaysWrong(mended: Mended = {}, withinMs = 8000): Promise<readonly string[]> {
  const end = Date.now() + withinMs;
  for (;;) {
    const wrong = await whatIsWrong(mended);
    if (wrong.length === 0 || Date.now() > end) return wrong;
    await sleep(200);
  }
}

/** True where a unit file is whole: the one from before, or the fixed one. */
export function isWhole(unit: string): boolean {
  return unit === BROKEN_UNIT || unit === FIXED_UNIT;
}

const FILES =
  'cd / && find etc/systemd etc/default etc/sysconfig etc/init.d run/flannel run/systemd/system -type f 2>/dev/null | sort | xargs -r sha256sum;' +
  'systemctl show flanneld docker -p ActiveState,MainPID,ExecMainStartTimestampMonotonic';

/** Files, processes with their start, and leases: what a refusal leaves as it was. Nodes that cannot be asked are left out. */
export async function fingerprint(nodes: readonly string[] = NODES): Promise<string> {
  const hosts = await Promise.all(nodes.map((node) => onNode(node, FILES)));
  return [...hosts, ...[...(await readLeases())].map(String).sort()].join('\n');
}
