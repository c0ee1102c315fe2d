import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';

const Args = z.record(z.string(), z.unknown()).refine((args) => (args.name ?? args.hostname ?? args.host) != null, {
  message: 'name, host or hostname needs to be provided',
});

/** These are no variables; `host` and `group` are, as with Ansible. */
const OWN = new Set(['name', 'hostname', 'groupname', 'groups']);

/** Adds a host to the inventory, for the rest of the run. */
export const addHost = defineModule<z.infer<typeof Args>>({
  name: 'add_host',
  about: 'Adds a host to the inventory for the rest of the run',
  example: `- name: the node that takes over
  add_host:
    name: node9
    groups: standby
    flannel_iface: eth1`,
  args: Args,
  once: true,
  plan(args) {
    const { host, port } = addressOf(String(args.name ?? args.hostname ?? args.host));
    if (host === '' || host === '__proto__') return refuse(`${host} is no name of a host`);
    const groups = groupsOf(args.groupname ?? args.groups ?? args.group ?? []);
    if (!groups) return refuse('Groups must be specified as a list.');
    const own = Object.entries(args).filter(([name]) => !OWN.has(name) && name !== '__proto__');
    const vars = { ...(port === undefined ? {} : { ansible_ssh_port: port }), ...Object.fromEntries(own) };
    return unchanged(`adds ${host}`, {
      counts: 'changed',
      newHost: { name: host, groups, vars },
      result: { add_host: { host_name: host, groups, host_vars: vars } },
    });
  },
});

/** `name:port` and `[address]:port`; an address with colons and without brackets has no port. */
function addressOf(name: string): { host: string; port?: number } {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d+)$/.exec(name);
  return found ? { host: (found[1] ?? found[2]) as string, port: Number(found[3]) } : { host: name };
}

function groupsOf(given: unknown): string[] | undefined {
  if (given === '') return [];
  const names = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(names)) return undefined;
  return [...new Set(names.map((name) => String(name).trim()))];
}
