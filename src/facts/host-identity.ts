import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { HostIdentity } from '../flannel/host-network.js';

/** Who the host is. */
export const hostIdentity = defineFact({
  name: 'host.identity',
  about: 'host name, machine id, boot id and kernel release',
  script: (
    _query: Record<string, never>,
  ) => sh`show() { value=; read -r value 2>/dev/null <"$2"; printf '%s=%s\n' "$1" "$value"; }
show hostname /proc/sys/kernel/hostname
[ -r /etc/machine-id ] && show machine_id /etc/machine-id
[ -r /proc/sys/kernel/random/boot_id ] && show boot_id /proc/sys/kernel/random/boot_id
show kernel /proc/sys/kernel/osrelease`,
  parse: (stdout): HostIdentity => {
    const values = new Map(stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const hostname = values.get('hostname');
    if (!hostname) throw new Error('no host name');
    const id = (name: string) => {
      const value = values.get(name)?.toLowerCase().replaceAll('-', '');
      return value !== undefined && /^[0-9a-f]{32}$/.test(value) ? value : undefined;
    };
    return {
      hostname: printableLine(hostname, 80),
      machineId: id('machine_id'),
      bootId: id('boot_id'),
      kernel: printableLine(values.get('kernel') ?? '', 80),
    };
  },
});
