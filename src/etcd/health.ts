import { X509Certificate } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { EtcdHealth, EtcdMember } from '../flannel/probes.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { type Endpoint, parseEndpoints } from './endpoint.js';
import { type MemberHttp, openMemberHttp } from './member-http.js';
import { openRegistry } from './open-registry.js';
import { isEtcdProblem, problem } from './problem.js';
import { makeRoad, type Road } from './road.js';
import { answerOf, type HttpAnswer, pathOf } from './v2-http.js';

/**
 * How each member of an etcd fares: all are asked at once, and what cannot be told is in the answer. Throws nothing.
 *
 * It takes `deadlineMs` of the specification. Where no member is healthy and some answer, they are asked for a
 * consistent read, which takes as long again and a second more. A healthy member has made one: `/health` is true only
 * after it.
 *
 * @see etcd `etcdserver/api/etcdhttp/metrics.go`, `checkHealth` (3.4), and `base.go`, `healthHandler` (up to 3.3)
 */
export async function etcdHealth(spec: RegistrySpec, tunnel?: Tunnel): Promise<EtcdHealth> {
  const ends = new Map<string, number>();
  const road = makeRoad(spec, tunnel, ({ shown }, { valid_to }) => {
    const end = Date.parse(valid_to);
    if (!Number.isNaN(end)) ends.set(shown, end);
  });
  const named = spec.endpoints.filter((text) => text.trim() !== '');
  const looks = await Promise.all(named.map((text) => lookAt(text, road, spec)));
  const members = looks.map(({ v2, ...member }) => ({ ...member, certificateEnds: ends.get(member.endpoint) }));
  return {
    members,
    quorum: members.some(({ state }) => state === 'healthy') || (await canRead(members, spec, tunnel)),
    clientCertificateEnds: endOf(spec.tls?.cert?.reveal()),
    v2: v2Of(looks.map(({ v2 }) => v2)),
  };
}

interface Look extends Omit<EtcdMember, 'certificateEnds'> {
  readonly v2: EtcdHealth['v2'];
}

async function lookAt(text: string, road: Road, spec: RegistrySpec): Promise<Look> {
  let endpoint: Endpoint;
  try {
    endpoint = parseEndpoints([text])[0] as Endpoint;
  } catch (thrown) {
    const said = { endpoint: printableLine(text.replace(/\/\/[^/]*@/, '//')), why: messageOf(thrown) };
    return { ...said, state: 'unreachable', version: undefined, v2: 'unknown' };
  }
  const http = openMemberHttp(endpoint, road, spec.deadlineMs);
  try {
    return { endpoint: endpoint.shown, ...(await stateOf(http, (thrown) => road.problemOf(thrown, endpoint), spec)) };
  } finally {
    http.close();
  }
}

/** What needs no quorum is asked first: a member that hangs in `/health` has told the rest by then. */
async function stateOf(
  http: MemberHttp,
  problemOf: (thrown: unknown) => Error,
  { prefix }: RegistrySpec,
): Promise<Omit<Look, 'endpoint'>> {
  let version: string | undefined;
  let v2: Look['v2'] = 'unknown';
  try {
    version = versionOf(await http.get('/version'));
    const store = storeOf(await http.get(pathOf({ key: posix.join('/', prefix, 'config'), query: {} })));
    // Other programs too answer "404 page not found".
    if (version !== undefined) v2 = store;
    const why = faultOf(await http.get('/health'));
    return { state: why === undefined ? 'healthy' : 'unhealthy', why, version, v2 };
  } catch (thrown) {
    const error = problemOf(thrown);
    return { state: version === undefined ? 'unreachable' : 'unhealthy', why: error.message, version, v2 };
  }
}

const Version = z.object({ etcdserver: z.string() });
const Health = z.object({ health: z.union([z.string(), z.boolean()]), reason: z.string().optional() });

function versionOf({ text }: HttpAnswer): string | undefined {
  const parsed = Version.safeParse(jsonOf(text));
  return parsed.success ? printableLine(parsed.data.etcdserver, 40) : undefined;
}

/** @throws FixError `etcd/tls` where an endpoint without TLS turns out to need it */
function storeOf(answer: HttpAnswer): EtcdHealth['v2'] {
  try {
    answerOf(answer);
    return 'on';
  } catch (thrown) {
    if (!isEtcdProblem(thrown) || thrown.code === 'etcd/tls') throw thrown;
    if (thrown.code === 'etcd/store-off') return 'off';
    return thrown.code === 'etcd/bad-answer' ? 'unknown' : 'on';
  }
}

/** @throws FixError `etcd/bad-answer` */
function faultOf({ status, text }: HttpAnswer): string | undefined {
  const parsed = Health.safeParse(jsonOf(text));
  if (!parsed.success) throw problem('etcd/bad-answer', `its answer (HTTP ${status}) to /health is none of etcd's`);
  if (String(parsed.data.health) === 'true') return undefined;
  const { reason = '' } = parsed.data;
  return `it says of itself that it is not healthy${reason === '' ? '' : `: ${printableLine(reason)}`}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether any member that answers makes a consistent read; one with a full disk does so and is not healthy. */
async function canRead(members: readonly EtcdMember[], spec: RegistrySpec, tunnel: Tunnel | undefined) {
  const answering = members.filter(({ state }) => state === 'unhealthy');
  const answers = await Promise.all(
    answering.map(async ({ endpoint }) => {
      const registry = openRegistry({ ...spec, endpoints: [endpoint] }, tunnel);
      try {
        await registry.config();
        return true;
      } catch {
        return false;
      } finally {
        await registry.close();
      }
    }),
  );
  return answers.includes(true);
}

function endOf(pem: string | undefined): number | undefined {
  if (pem === undefined) return undefined;
  try {
    const end = Date.parse(new X509Certificate(pem).validTo);
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined;
  }
}

/** Off where one of them has it off: flannel may be asking just that one. */
function v2Of(each: readonly EtcdHealth['v2'][]): EtcdHealth['v2'] {
  return each.includes('off') ? 'off' : each.includes('on') ? 'on' : 'unknown';
}
