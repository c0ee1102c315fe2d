import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { BootUnit } from '../flannel/probes.js';
import { FULL_PATH } from './host-path.js';

/**
 * How flanneld's unit, docker's and the kubelet's come up at boot, with the units that pull them in or start before
 * them. Units that nobody wrote are left out. Absent where the host's init is not systemd.
 */
export const flannelBoot = defineFact({
  name: 'flannel.boot',
  about: 'whether flanneld, docker and the kubelet are enabled, what pulls them in, and what they start after',
  script: ({ units }: { units: readonly string[] }) =>
    joinScripts([
      FULL_PATH,
      sh`{ command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; } || exit ${ABSENT}`,
      sh`units=${[...units, 'docker.service', 'kubelet.service'].join(' ')}`,
      SHOW,
    ]),
  parse: (stdout): readonly BootUnit[] => {
    const blocks = stdout.trimEnd().split(/\n{2,}/);
    if (blocks.pop() !== 'end') throw new Error('the output is cut short');
    const units = blocks.flatMap(unitOf);
    return [...new Map(units.map((unit) => [unit.name, unit])).values()];
  },
});

// systemctl prints a property that was asked for even where it is empty, and leaves out those that it does not know.
const SHOW = scriptAsWritten(`
set -f
show_units() {
  [ "$#" -eq 0 ] || systemctl show --no-pager -p Id -p LoadState -p UnitFileState -p ActiveState -p After \\
    -p WantedBy -p RequiredBy -p RequiredByOverridable -p BoundBy -p UpheldBy -p TriggeredBy -- "$@"
}
shown=$(show_units $units) || exit 1
names=
for word in $shown; do
  name=\${word#*=}
  case "$name" in
    *.service | *.target | *.timer | *.path) case " $units $names " in *" $name "*) ;; *) names="$names $name" ;; esac ;;
  esac
done
around=$(show_units $names) || exit 1
printf '%s\\n\\n%s\\n\\nend\\n' "$shown" "$around"`);

const NEEDED = ['Id', 'LoadState', 'UnitFileState', 'After', 'WantedBy', 'RequiredBy'] as const;

function unitOf(block: string): BootUnit[] {
  const values = new Map(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] as const] : [];
    }),
  );
  const missing = NEEDED.filter((name) => !values.has(name));
  if (missing.length > 0) throw new Error(`systemctl does not say ${missing.join(', ')}`);
  if (values.get('LoadState') === 'not-found') return [];
  const list = (name: string) => (values.get(name) ?? '').split(' ').filter((word) => word !== '');
  return [
    {
      name: values.get('Id') ?? '',
      unitFileState: values.get('UnitFileState') ?? '',
      activeState: values.get('ActiveState') ?? '',
      after: list('After'),
      wantedBy: [...new Set([...PULLS.flatMap(list), ...list('TriggeredBy').filter(startsByItself)])],
    },
  ];
}

const PULLS = ['WantedBy', 'RequiredBy', 'RequiredByOverridable', 'BoundBy', 'UpheldBy'];

/** A socket starts its service when somebody connects, which may be never. */
function startsByItself(trigger: string): boolean {
  return /\.(timer|path)$/.test(trigger);
}
