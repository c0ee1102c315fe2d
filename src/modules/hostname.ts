import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { type Action, change, defineModule, refuse, run, unchanged } from '../core/module.js';
import { sh } from '../core/script.js';
import { type HostName, hostName } from '../facts/host-name.js';
import { word } from './arguments.js';
import { touching } from './touching.js';

const Args = z.strictObject({
  name: word.refine((name) => /^[a-z\d]([a-z\d.-]{0,62}[a-z\d])?$/i.test(name), 'is no name of a host'),
  use: z.enum(['systemd', 'debian', 'alpine'], { error: 'only systemd, debian and alpine are supported' }).optional(),
});

/** What the host is called, at once and after a boot. */
export const hostname = defineModule<z.infer<typeof Args>, { host: Ask<HostName> }>({
  name: 'hostname',
  about: 'Has the host called so, at once and after a boot',
  example: `- name: its name is that of the inventory
  hostname:
    name: "{{ inventory_hostname }}"`,
  args: Args,
  needs: ({ name }) => ({ host: ask(hostName, { wanted: name }) }),
  plan({ name, use }, { host }) {
    if (host.state !== 'present') {
      return refuse(`cannot find out the host's name${host.state === 'unreadable' ? `: ${host.why}` : ''}`);
    }
    const { running, kept, systemd, names } = host.value;
    if (use === 'systemd' && !systemd) return refuse('systemd does not run on this host');
    const full = names.find((one) => one.includes('.')) ?? names[0] ?? name;
    const fqdn = { ansible_fqdn: full, ansible_domain: full.split('.').slice(1).join('.') };
    const facts = { ansible_hostname: name.split('.')[0], ansible_nodename: name, ...fqdn };
    const result = { name, ansible_facts: facts };
    const bare = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key.replace('ansible_', ''), value]));
    if (running === name && kept === name) {
      return unchanged(`the host is called ${name}`, { result, gathered: { ...facts, ansible_facts: bare } });
    }
    return change(`the host is called ${running}${kept === running ? '' : `, after a boot ${kept ?? 'nothing'}`}`, {
      diff: [{ path: '/etc/hostname', before: `${kept ?? ''}\n`, after: `${name}\n` }],
      actions: actions(name, host.value, use ?? (systemd ? 'systemd' : 'debian')),
      result,
      facts: facts,
    });
  },
});

function actions(name: string, { running, kept }: HostName, use: string): Action[] {
  if (use === 'systemd') return [run(sh`hostnamectl set-hostname ${name}`, touching('/etc/hostname'))];
  return [
    // Not every host has the program; the kernel's own file does the same.
    ...(running === name
      ? []
      : [run(sh`hostname ${name} 2>/dev/null || printf '%s\n' ${name} >/proc/sys/kernel/hostname`)]),
    ...(kept === name ? [] : [{ kind: 'write' as const, path: '/etc/hostname', content: Buffer.from(`${name}\n`) }]),
  ];
}
