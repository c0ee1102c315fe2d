import { count } from '../core/text.js';
import type { Endpoint } from './endpoint.js';
import { asProblem, type EtcdCode, isEtcdProblem, problem } from './problem.js';

/** A call on the first of several endpoints that answers. */
export type Failover = <T>(call: (endpoint: Endpoint) => Promise<T>) => Promise<T>;

/**
 * Tries the endpoints in the order given until one answers; the one that answered last goes first.
 *
 * A refused user ends it at once: the next member would refuse too.
 *
 * @throws FixError `etcd/*` naming each endpoint and why it failed, with the code that says most
 */
export function makeFailover(endpoints: readonly Endpoint[]): Failover {
  let good: Endpoint | undefined;
  return async (call) => {
    const failures: Failure[] = [];
    const order = good === undefined ? endpoints : [good, ...endpoints.filter((endpoint) => endpoint !== good)];
    for (const endpoint of order) {
      try {
        const answer = await call(endpoint);
        good = endpoint;
        return answer;
      } catch (thrown) {
        const error = asProblem(thrown);
        failures.push({ endpoint, error });
        if (error.code === 'etcd/auth') break;
      }
    }
    good = undefined;
    throw summed(failures);
  };
}

interface Failure {
  readonly endpoint: Endpoint;
  readonly error: ReturnType<typeof asProblem>;
}

/** The first of these that any endpoint showed names the fault; a dead member beside it is only part of the story. */
const BY_WEIGHT: readonly EtcdCode[] = [
  'etcd/auth',
  'etcd/no-quorum',
  'etcd/tls',
  'etcd/store-off',
  'etcd/bad-answer',
  'etcd/unreachable',
];

function summed(failures: readonly Failure[]): Error {
  const weight = ({ error }: Failure) => (isEtcdProblem(error) ? BY_WEIGHT.indexOf(error.code) : BY_WEIGHT.length);
  const first = [...failures].sort((a, b) => weight(a) - weight(b))[0] as Failure;
  const { code, hint } = first.error;
  const each = failures.map(({ endpoint, error }) => `${endpoint.shown}: ${error.message}`);
  const message =
    failures.length === 1
      ? `etcd at ${each[0]}`
      : `${count(failures.length, 'etcd endpoint')} tried, none could be used: ${each.join('; ')}`;
  return problem(code as EtcdCode, message, { hint, cause: first.error });
}
