import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { FlannelVersion } from '../flannel/flanneld-process.js';
import { FLANNELD_PIDS } from './flannel-pids.js';
import { FULL_PATH } from './host-path.js';

/** flannel's version, of the running program where one runs. Absent where the host has no flanneld program. */
export const flannelVersion = defineFact({
  name: 'flannel.version',
  about: 'what `flanneld --version` says',
  script: (_query: Record<string, never>) =>
    joinScripts([FULL_PATH, FLANNELD_PIDS, FIND_PROGRAM, sh`[ -n "$program" ] || exit ${ABSENT}`, SAY_VERSION]),
  parse: (stdout): FlannelVersion => parseVersion(stdout),
});

// Only a real program is run: a wrapper script might ignore `--version` and start a second flanneld. A program of a
// container is the container's word: it is asked without any right on the host (65534 is nobody), or not at all.
const FIND_PROGRAM = scriptAsWritten(`
is_program() { [ -f "$1" ] && [ -x "$1" ] && [ "$(head -c 4 "$1" 2>/dev/null | tr -cd A-Z)" = ELF ]; }
program= guest=
own_mounts=$(readlink /proc/self/ns/mnt)
for pid in $(flanneld_pids); do
  guest=
  [ "$(readlink "/proc/$pid/ns/mnt")" = "$own_mounts" ] || guest=yes
  case "$(readlink "/proc/$pid/exe")" in
    */flanneld*) is_program "/proc/$pid/exe" && program=/proc/$pid/exe && break ;;
  esac
done
if [ -n "$program" ] && [ -n "$guest" ]; then
  command -v setpriv >/dev/null || { echo 'flanneld runs in a container, and there is no setpriv to ask it safely' >&2; exit 1; }
  exec 3<"$program"
  program=/proc/self/fd/3
fi
if [ -z "$program" ]; then
  guest=
  for file in "$(command -v flanneld)" /usr/local/bin/flanneld /usr/bin/flanneld /opt/bin/flanneld \\
    /opt/flannel/flanneld /opt/kubernetes/bin/flanneld /usr/sbin/flanneld; do
    is_program "$file" && program=$file && break
  done
fi`);

const SAY_VERSION = scriptAsWritten(`
set -- "$program" --version
[ -z "$guest" ] || set -- setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
if timeout 5 true 2>/dev/null; then
  timeout 5 "$@" 2>&1
else
  "$@" 2>&1
fi
exit 0`);

/** Reads `v0.11.0`, `0.7.1`, `v0.20.2-dirty`. @throws Error where no line starts so */
export function parseVersion(text: string): FlannelVersion {
  const parts = /^(?:flanneld?\s+)?(v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?[\w.+-]*)\s*$/im.exec(text);
  if (parts === null) throw new Error(`no version: ${JSON.stringify(text.slice(0, 80))}`);
  return { text: parts[1] as string, major: Number(parts[2]), minor: Number(parts[3]), patch: Number(parts[4] ?? 0) };
}
