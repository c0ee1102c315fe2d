import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { parseSubnetEnv, type SubnetEnv } from '../flannel/subnet-env.js';

/** flanneld writes some 100 bytes. */
const MAX_BYTES = 65_536;

/** The lease flanneld last wrote down for this host's containers; absent until it has held one. */
export const flannelSubnetEnv = defineFact({
  name: 'flannel.subnet_env',
  about: 'the subnet that this host holds, as flanneld wrote it down',
  script: ({ path }: { path: string }) => sh`[ -e ${path} ] || exit ${ABSENT}
case "$(readlink -f ${path})" in /proc/* | /sys/* | /dev/*) echo 'is no file that flanneld writes' >&2; exit 1 ;; esac
[ -f ${path} ] || { echo 'is not a regular file' >&2; exit 1; }
head -c ${MAX_BYTES} < ${path}`,
  parse: (stdout): SubnetEnv => parseSubnetEnv(stdout),
});
