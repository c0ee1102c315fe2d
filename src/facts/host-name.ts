import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';

/** What the host is called, now and after a boot. */
export interface HostName {
  readonly running: string;
  /** Of `/etc/hostname`; undefined where there is none. */
  readonly kept: string | undefined;
  /** Whether systemd runs and can be told. */
  readonly systemd: boolean;
}

export const hostName = defineFact({
  name: 'host.name',
  about: 'the name of the host, as the kernel has it and as it is kept for a boot',
  script: (_query: Record<string, never>) => sh`running= kept=
read -r running </proc/sys/kernel/hostname
[ ! -e /etc/hostname ] || while read -r line; do
  case $line in '' | '#'*) ;; *) kept=$line; break ;; esac
done </etc/hostname
systemd=no
[ -d /run/systemd/system ] && command -v hostnamectl >/dev/null && systemd=yes
printf '%s\n%s\n%s\n' "$running" "$kept" "$systemd"`,
  parse(stdout): HostName {
    const [running, kept, systemd] = stdout.split('\n');
    if (!running || (systemd !== 'yes' && systemd !== 'no')) throw new Error('no host name');
    return { running, kept: kept || undefined, systemd: systemd === 'yes' };
  },
});
