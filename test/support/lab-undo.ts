import { onNode } from './lab.js';
import { NODES } from './lab-state.js';

/**
 * Every file, folder and link that the program may touch on a node, with mode, owner, link target and digest, but for
 * the lock's own: `/run/fix-flannel` and its numbered files stay on purpose.
 */
const TREE = `cd / && find etc/systemd etc/default etc/sysconfig etc/init.d run/flannel run/systemd/system run/fix-flannel var/lib/fix-flannel tmp/fix-flannel* 2>/dev/null |
  sort | grep -Ev '^run/fix-flannel(/[0-9]+)?$' | while read -r path; do
  stat -c '%n %F %a %u:%g %N' "$path"; [ ! -f "$path" ] || sha256sum <"$path"; done
systemctl show flanneld docker -p Id,ActiveState,UnitFileState,NRestarts,NeedDaemonReload
systemctl list-units --all --plain --no-legend 'fix-flannel*'`;

/** What stands on each node; equal texts mean that a rollback left nothing and lost nothing. */
export function trees(nodes: readonly string[] = NODES): Promise<string[]> {
  return Promise.all(nodes.map((node) => onNode(node, TREE)));
}

/** systemd's message that a unit was started. @see systemd.journal-fields(7), catalog SD_MESSAGE_UNIT_STARTED */
const STARTED = '39f53479d3a045ac8e11786248231fbf';

/** How often a unit was started on each node since it booted. */
export async function starts(unit: string, nodes: readonly string[] = NODES): Promise<number[]> {
  const count = `journalctl --sync; journalctl -b -q -o cat UNIT=${unit}.service MESSAGE_ID=${STARTED} | wc -l`;
  return (await Promise.all(nodes.map((node) => onNode(node, count)))).map(Number);
}

/** Each count, one higher. */
export function oneMore(counts: readonly number[]): number[] {
  return counts.map((count) => count + 1);
}
