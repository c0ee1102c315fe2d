import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';

/** What the host is called, now and after a boot. */
export interface HostName {
  readonly running: string;
  /** Of `/etc/hostname`; undefined where there is none. */
  readonly kept: string | undefined;
  /** What the wanted name's address is called, the address's own name first; empty where nobody knows it. */
  readonly names: readonly string[];
  /** Whether systemd runs and can be told. */
  readonly systemd: boolean;
}

export const hostName = defineFact({
  name: 'host.name',
  about: 'the name of the host, as the kernel has it and as it is kept for a boot, and whose a wanted name is',
  script: ({ wanted }: { wanted: string }) => sh`running= kept= found= names=
read -r running </proc/sys/kernel/hostname
[ ! -e /etc/hostname ] || while read -r line; do
  case $line in '' | '#'*) ;; *) kept=$line; break ;; esac
done </etc/hostname
systemd=no
[ -d /run/systemd/system ] && command -v hostnamectl >/dev/null && systemd=yes
limit=; command -v timeout >/dev/null && limit='timeout 10'
if command -v getent >/dev/null; then
  found=$($limit getent ahosts ${wanted}) && found=$(printf '%s\n' "$found" | { read -r address _; printf %s "$address"; })
  [ -z "$found" ] || names=$($limit getent hosts "$found" | { read -r _ rest; printf %s "$rest"; })
fi
printf '%s\n%s\n%s\n%s\n' "$running" "$kept" "$systemd" "$names"`,
  parse(stdout): HostName {
    const [running, kept, systemd, names = ''] = stdout.split('\n');
    if (!running || (systemd !== 'yes' && systemd !== 'no')) throw new Error('no host name');
    return { running, kept: kept || undefined, systemd: systemd === 'yes', names: names.split(/\s+/).filter(Boolean) };
  },
});
