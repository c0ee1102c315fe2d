import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { RouteTo } from '../flannel/host-network.js';
import { needsProgram } from './host-path.js';

/** Which interface and which address of its own the host would use to reach each address. */
export const hostRouteTo = defineFact({
  name: 'host.route_to',
  about: 'the interface and source address by which the host reaches given addresses',
  mostBytes: 8 * 1024 * 1024,
  script: ({ addresses }: { addresses: readonly string[] }) => sh`${needsProgram('ip')}
for address in ${addresses}; do
  if route=$(ip -4 -o route get "$address" 2>/dev/null); then
    printf '%s %s\n' "$address" "$route"
  else
    printf '%s none\n' "$address"
  fi
done`,
  parse: (stdout, { addresses }): readonly RouteTo[] => {
    const found = stdout
      .split('\n')
      .filter((line) => line.trim() !== '' && /^\d/.test(line))
      .map(routeTo);
    if (found.length !== addresses.length) throw new Error('not every address was answered');
    return found;
  },
});

function routeTo(line: string): RouteTo {
  const [address = '', ...words] = (line.split('\\')[0] as string).trim().split(/\s+/);
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const src = after('src');
  const via = after('via');
  return {
    address: address4(address),
    dev: after('dev'),
    src: src === undefined ? undefined : address4(src),
    via: via === undefined ? undefined : address4(via),
  };
}
