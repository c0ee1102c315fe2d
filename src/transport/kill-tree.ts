import { type Script, sh } from '../core/script.js';

/** The status with which the kill script says that there is nothing left to kill. */
export const ALREADY_GONE = 3;

/**
 * A script that kills a process and all its descendants, found by /proc.
 *
 * Each is stopped before its children are looked for, so that none can fork its way out, and all are killed at the
 * end. A child that has given itself a new parent (a daemon) is not of the tree any more.
 *
 * @param pid the process at the top
 * @param parentPid who must be its parent still, or the pid is somebody else's by now
 */
export function killTree(pid: number, parentPid: number): Script {
  return sh`root=${pid} parent=${parentPid}
parent_of() {
  ppid=
  while read -r key value rest; do
    case $key in PPid:) ppid=$value; break ;; esac
  done 2>/dev/null <"$1/status"
}
cd /proc || exit 1
parent_of "$root" 2>/dev/null
[ "$ppid" = "$parent" ] || exit ${ALREADY_GONE}
kill -s STOP "$root"
tree=" $root " passes=0 grew=yes
while [ "$grew" = yes ] && [ "$passes" -lt 50 ]; do
  grew=no passes=$((passes + 1))
  for pid in [0-9]*; do
    case $tree in *" $pid "*) continue ;; esac
    parent_of "$pid" 2>/dev/null
    case $tree in *" $ppid "*) kill -s STOP "$pid" 2>/dev/null; tree="$tree$pid " grew=yes ;; esac
  done
done
kill -s KILL $tree 2>/dev/null
exit 0`;
}
