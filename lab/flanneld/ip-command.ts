import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { HostInterface, HostNetwork } from './external-interface.js';

const DEADLINE_MS = 10_000;

/** Runs a program and gives what it printed. @param input what it reads. @throws Error with what it said on stderr */
export function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: DEADLINE_MS, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {}); // a program that ends before it has read all says why by itself
    child.stdin?.end(input);
  });
}

/** The interfaces and IPv4 default routes of this host, as the kernel lists them. */
export async function readHostNetwork(canReach: string): Promise<HostNetwork> {
  const listed = JSON.parse(await run('ip', ['-4', '-j', 'addr', 'show'])) as readonly IpAddr[];
  const reach = canReach === '' ? undefined : await routeTo(canReach);
  return {
    interfaces: listed.map(interfaceOf),
    defaultRoutes: defaultRoutes(readFileSync('/proc/net/route', 'utf8')),
    routeTo: () => reach,
  };
}

/** The interfaces of the default routes in `/proc/net/route`, in its order. */
export function defaultRoutes(table: string): readonly string[] {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1] === '00000000' && row[7] === '00000000').map((row) => row[0]!);
}

interface IpAddr {
  readonly ifindex: number;
  readonly ifname: string;
  readonly mtu: number;
  readonly addr_info?: readonly { readonly local?: string }[];
}

function interfaceOf({ ifindex, ifname, mtu, addr_info }: IpAddr): HostInterface {
  const addresses = (addr_info ?? []).flatMap(({ local }) => (local === undefined ? [] : [local]));
  return { index: ifindex, name: ifname, mtuBytes: mtu, addresses };
}

async function routeTo(address: string): Promise<string | undefined> {
  try {
    const routes = JSON.parse(await run('ip', ['-4', '-j', 'route', 'get', address])) as readonly { dev?: string }[];
    return routes[0]?.dev;
  } catch {
    return undefined;
  }
}
