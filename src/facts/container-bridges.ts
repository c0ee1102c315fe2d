import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import type { InterfaceAddress } from '../flannel/host-network.js';
import { parseAddresses } from './host-addresses.js';
import { needsProgram } from './host-path.js';

/** The addresses of the bridges that containers sit on; absent where there is no such bridge with an address. */
export const containerBridges = defineFact({
  name: 'container.bridges',
  about: 'the addresses of docker0 and cni0',
  script: (_query: Record<string, never>) => sh`${needsProgram('ip')}
found=
for bridge in docker0 cni0 cbr0; do
  lines=$(ip -o -4 addr show dev "$bridge" 2>/dev/null) || continue
  [ -n "$lines" ] || continue
  printf '%s\n' "$lines"
  found=yes
done
[ -n "$found" ] || exit ${ABSENT}`,
  parse: (stdout): readonly InterfaceAddress[] => parseAddresses(stdout),
});
