import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { PathResult, PingOutcome } from '../flannel/probes.js';
import { needsProgram } from './host-path.js';

/** Another node, as packets are sent to it. */
export interface PathTarget {
  readonly node: string;
  readonly overlay: string;
  readonly underlay: string | undefined;
  /** Of the largest packet that the overlay should carry, with its IP header. */
  readonly fullBytes: number | undefined;
}

/** Of an IP and an ICMP header. */
const HEADER_BYTES = 28;

/**
 * Sends packets to other nodes: beside the overlay, over it, and as large as it should carry. Thirty nodes at once; a
 * packet that is not answered within two seconds is sent once more, as the first one to a peer may be lost while
 * addresses are looked up. Unreadable where the host has no `ping`; busybox's cannot forbid fragments, so large
 * packets are not tested with it.
 */
export const flannelPaths = defineFact({
  name: 'flannel.paths',
  about: 'whether packets reach other nodes, small ones and ones as large as the MTU',
  mostBytes: 8 * 1024 * 1024,
  script: ({ targets }: { targets: readonly PathTarget[] }) =>
    joinScripts([sh`set -- ${targets.map(wordOf)}`, sh`[ $# -gt 0 ] || exit 0`, needsProgram('ping'), PING_ALL]),
  parse: (stdout, { targets }): readonly PathResult[] => {
    const lines = stdout.split('\n').map((line) => /^(\w+) (\d{1,3}) (\d{1,3}) (\d{1,3})$/.exec(line)?.slice(1));
    const statuses = new Map(lines.filter((parts) => parts !== undefined).map(([key = '', ...rest]) => [key, rest]));
    // What this ping can do was tried on the host itself.
    const [plain, whole] = statuses.get('self') ?? [];
    return targets.map(({ node, overlay, underlay, fullBytes }, index) => {
      const [under, small, full] = statuses.get(String(index)) ?? [];
      return {
        node,
        overlay,
        underlay,
        underlayPing: outcomeOf(under, plain),
        small: outcomeOf(small, plain),
        full: outcomeOf(full, whole),
        fullBytes: fullBytes ?? 0,
      };
    });
  },
});

/** `10.1.2.0 10.0.0.112 1422`, with `-` for what is not known. */
function wordOf({ overlay, underlay, fullBytes }: PathTarget): string {
  const payload = fullBytes === undefined ? '-' : String(Math.max(0, Math.trunc(fullBytes) - HEADER_BYTES));
  return `${address4(overlay)} ${underlay === undefined ? '-' : address4(underlay)} ${payload}`;
}

const NOT_SENT = '99';

/**
 * ping ends with 1 where no answer came. With another number it could not send: for want of a route where it can send
 * at all, which loses the packet too; else for want of a right or an option, which says nothing.
 *
 * @param able how the same ended to the host's own address
 */
function outcomeOf(status: string | undefined, able: string | undefined): PingOutcome {
  if (status === undefined || status === NOT_SENT) return 'not tested';
  if (status === '0') return 'ok';
  return able === '0' ? 'lost' : 'not tested';
}

const PING_ALL = scriptAsWritten(`
once() { ping -n -q -c 1 -W 2 "$@" >/dev/null 2>&1; }
answers() { once "$@" || once "$@"; }
once 127.0.0.1; plain=$?
once -M do -s 100 127.0.0.1; whole=$?
echo "self $plain $whole 0"
index=0
for target; do
  (
    set -f; set -- $target
    under=${NOT_SENT}; full=${NOT_SENT}
    [ "$2" = - ] || { answers "$2"; under=$?; }
    answers "$1"; small=$?
    if [ "$small" -eq 0 ] && [ "$whole" -eq 0 ] && [ "$3" != - ]; then answers -M do -s "$3" "$1"; full=$?; fi
    echo "$index $under $small $full"
  ) &
  index=$((index + 1))
  [ $((index % 30)) -eq 0 ] && wait
done
wait
exit 0`);
