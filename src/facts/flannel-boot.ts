import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { BootUnit } from '../flannel/probes.js';
import { FULL_PATH } from './host-path.js';

/** How flanneld's unit, docker's and the kubelet's come up at boot. */
export const flannelBoot = defineFact({
  name: 'flannel.boot',
  about: 'whether units are enabled, and what they start after',
  script: ({ units }: { units: readonly string[] }) =>
    joinScripts([FULL_PATH, sh`set -- ${[...units, 'docker.service', 'kubelet.service']}`, SHOW]),
  parse: (stdout): readonly BootUnit[] => stdout.split(/\n\n+/).flatMap(unitOf),
});

const SHOW = scriptAsWritten(`
command -v systemctl >/dev/null 2>&1 || exit 44
for unit; do
  systemctl show -p Id -p LoadState -p UnitFileState -p ActiveState -p After -p WantedBy -p RequiredBy -- "$unit"
  echo
done`);

function unitOf(block: string): BootUnit[] {
  const values = new Map(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] as const] : [];
    }),
  );
  const name = values.get('Id');
  if (name === undefined || values.get('LoadState') === 'not-found') return [];
  return [
    {
      name,
      unitFileState: values.get('UnitFileState') ?? '',
      activeState: values.get('ActiveState') ?? '',
      after: listOf(values.get('After')),
      wantedBy: [...listOf(values.get('WantedBy')), ...listOf(values.get('RequiredBy'))],
    },
  ];
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
