import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { PingResult } from '../flannel/flanneld-process.js';
import { FULL_PATH } from './host-path.js';

/** Pings addresses of the overlay, thirty at once, each within two seconds. */
export const flannelOverlayPing = defineFact({
  name: 'flannel.overlay_ping',
  about: 'whether packets cross the overlay to other nodes',
  mostBytes: 8 * 1024 * 1024,
  script: ({ targets }: { targets: readonly { readonly node: string; readonly address: string }[] }) =>
    joinScripts([
      FULL_PATH,
      sh`set -- ${targets.map(({ address }) => address4(address).toString())}
[ $# -gt 0 ] || exit 0`,
      PING_ALL,
    ]),
  parse: (stdout, { targets }): readonly PingResult[] => {
    const status = new Map(
      stdout
        .split('\n')
        .map((line) => /^(\d+) (\d+)$/.exec(line))
        .filter((parts) => parts !== null)
        .map((parts) => [Number(parts[1]), Number(parts[2])]),
    );
    const none = stdout.startsWith('no ping');
    return targets.map(({ node, address }, index) => ({
      node,
      address,
      outcome: none ? 'not tested' : outcomeOf(status.get(index)),
    }));
  },
});

/** ping ends with 1 where no answer came, and with another number where it could not send. */
function outcomeOf(status: number | undefined): PingResult['outcome'] {
  return status === 0 ? 'ok' : status === 1 ? 'lost' : 'not tested';
}

const PING_ALL = scriptAsWritten(`
command -v ping >/dev/null 2>&1 || { echo no ping; exit 0; }
index=0
for address; do
  ( ping -n -c 1 -W 2 "$address" >/dev/null 2>&1 || ping -c 1 -W 2 "$address" >/dev/null 2>&1; echo "$index $?" ) &
  index=$((index + 1))
  [ $((index % 30)) -eq 0 ] && wait
done
wait
exit 0`);
