import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';

/** A parameter of the running kernel, as `sysctl` knows it. */
export const kernelParameter = defineFact({
  name: 'kernel.parameter',
  about: 'the value of a kernel parameter, by its name for sysctl',
  script: ({ name }: { readonly name: string }) => sh`command -v sysctl >/dev/null || { echo 'no sysctl' >&2; exit 1; }
sysctl -n -- ${name} 2>/dev/null || exit ${ABSENT}`,
  parse: (stdout): string => stdout.trim(),
});
