import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { PathResult, PingOutcome } from '../flannel/probes.js';
import { FULL_PATH } from './host-path.js';

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

/** Sends packets to other nodes: beside the overlay, over it, and as large as it should carry. Thirty at once. */
export const flannelPaths = defineFact({
  name: 'flannel.paths',
  about: 'whether packets reach other nodes, small ones and ones as large as the MTU',
  mostBytes: 8 * 1024 * 1024,
  script: ({ targets }: { targets: readonly PathTarget[] }) =>
    joinScripts([FULL_PATH, sh`set -- ${targets.map(wordOf)}\n[ $# -gt 0 ] || exit 0`, PING_ALL]),
  parse: (stdout, { targets }): readonly PathResult[] => {
    const outcomes = new Map(
      stdout
        .split('\n')
        .map((line) => /^(\d+) (\d+) (\d+) (\d+)$/.exec(line))
        .filter((parts) => parts !== null)
        .map(([, index, ...statuses]) => [Number(index), statuses.map((status) => outcomeOf(Number(status)))]),
    );
    return targets.map(({ node, overlay, underlay, fullBytes }, index) => {
      const [underlayPing, small, full] = outcomes.get(index) ?? [];
      return {
        node,
        overlay,
        underlay,
        underlayPing: underlayPing ?? 'not tested',
        small: small ?? 'not tested',
        full: full ?? 'not tested',
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

/** ping ends with 1 where no answer came, and with another number where it could not send. */
function outcomeOf(status: number): PingOutcome {
  return status === 0 ? 'ok' : status === 1 ? 'lost' : 'not tested';
}

const PING_ALL = scriptAsWritten(`
command -v ping >/dev/null 2>&1 || { echo no ping; exit 0; }
once() { [ "$1" = - ] && return 9; ping -n -c 1 -W 2 "$@" >/dev/null 2>&1; }
index=0
for target; do
  (
    set -f; set -- $target
    once "$2"; under=$?
    once "$1"; small=$?
    full=9
    [ "$3" != - ] && [ $small -eq 0 ] && { once "$1" -M do -s "$3"; full=$?; }
    echo "$index $under $small $full"
  ) &
  index=$((index + 1))
  [ $((index % 30)) -eq 0 ] && wait
done
wait
exit 0`);
