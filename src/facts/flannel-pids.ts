import { type Script, scriptAsWritten } from '../core/script.js';

/**
 * The shell function `flanneld_pids`: root's processes that are a flanneld, without pgrep.
 *
 * A kernel name can be chosen by any user, so processes of others are left out, and so is a program that runs as root
 * whoever starts it (a link `flanneld` to sudo waits for a password as root, with any arguments). A flanneld with a
 * network of its own serves a guest on this host and not the host.
 */
export const FLANNELD_PIDS: Script = scriptAsWritten(`
flanneld_pids() {
  own_network=$(readlink /proc/self/ns/net)
  for comm in /proc/[0-9]*/comm; do
    name=
    { read -r name <"$comm"; } 2>/dev/null
    case "$name" in
      flanneld*) ;;
      *) continue ;;
    esac
    pid=\${comm%/comm}
    pid=\${pid#/proc/}
    uid= state=
    while read -r key value rest; do
      case "$key" in
        State:) state=$value ;;
        Uid:) uid=$value; break ;;
      esac
    done 2>/dev/null <"/proc/$pid/status"
    [ "$uid" = 0 ] && [ "$state" != Z ] || continue
    [ ! -u "/proc/$pid/exe" ] && [ ! -g "/proc/$pid/exe" ] || continue
    network=$(readlink "/proc/$pid/ns/net" 2>/dev/null)
    [ "$network" = "$own_network" ] || [ -z "$network" ] || continue
    printf '%s\\n' "$pid"
  done
}
`);
