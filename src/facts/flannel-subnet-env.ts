import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { parseSubnetEnv, type SubnetEnv } from '../flannel/subnet-env.js';

/** The lease flanneld last wrote down for this host's containers; absent until it has held one. */
export const flannelSubnetEnv = defineFact({
  name: 'flannel.subnet_env',
  about: 'the subnet that this host holds, as flanneld wrote it down',
  script: ({ path }: { path: string }) => sh`[ -e ${path} ] || exit ${ABSENT}
cat ${path}`,
  parse: (stdout): SubnetEnv => parseSubnetEnv(stdout),
});
