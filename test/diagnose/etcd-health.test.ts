import { describe, expect, test } from 'vitest';
import { absent, present, unreadable } from '../../src/core/reading.js';
import type { EtcdHealth, EtcdMember } from '../../src/flannel/probes.js';
import { makeNode, soundNodes } from './make-cluster.js';
import { lookWith, shown } from './probe-cluster.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30);

/** `up`, `down`, `sick`, and the days until its certificate ends. */
function member(n: number, text: string): EtcdMember {
  const [state, days] = text.split(' ');
  return {
    endpoint: `https://10.0.0.11${n}:2379`,
    state: state === 'up' ? 'healthy' : state === 'sick' ? 'unhealthy' : 'unreachable',
    why: state === 'up' ? undefined : 'connection refused',
    version: state === 'down' ? undefined : '3.4.23',
    certificateEnds: days === undefined ? undefined : NOW + Number(days) * DAY_MS,
  };
}

function health(members: readonly string[], more: Partial<EtcdHealth> = {}): EtcdHealth {
  const quorum = members.filter((text) => text.startsWith('up')).length > members.length / 2;
  return {
    members: members.map((text, at) => member(at + 1, text)),
    quorum,
    clientCertificateEnds: undefined,
    v2: 'on',
    ...more,
  };
}

const look = (etcd: EtcdHealth, more: object = {}, nodes = soundNodes()) =>
  lookWith(['FF501'], { etcd: present(etcd), nodes }, { now: NOW, ...more });

describe('FF501', () => {
  test.each<{ about: string; etcd: EtcdHealth; found: string[]; says?: string }>([
    {
      about: 'finds nothing in a sound etcd',
      etcd: health(['up 300', 'up 300', 'up 300'], { clientCertificateEnds: NOW + 300 * DAY_MS }),
      found: [],
    },
    {
      about: 'a member that is down, on the host that has its address',
      etcd: health(['up', 'down', 'up']),
      found: ['FF501 warn etcd member down: node2'],
      says: '1 of 3 etcd members is not healthy: https://10.0.0.112:2379',
    },
    {
      about: 'no quorum',
      etcd: health(['down', 'down', 'sick']),
      found: ['FF501 etcd without quorum: node1 node2 node3'],
      says: 'etcd has no quorum: 1 of 3 members answer, and none can read or write',
    },
    {
      about: 'no endpoint that can be asked',
      etcd: health(['down', 'down']),
      found: ['FF501 etcd member down: node1 node2 node3'],
      says: 'none of the 2 etcd endpoints can be asked',
    },
    {
      about: 'a certificate that ends soon',
      etcd: health(['up 300', 'up 12', 'up 300']),
      found: ['FF501 warn certificate that ends: node2'],
      says: 'a certificate of etcd ends in 12 days, on 2026-12-12 (https://10.0.0.112:2379)',
    },
    { about: 'a certificate that ends on the day of the threshold is in time', etcd: health(['up 30']), found: [] },
    {
      about: "flannel's own certificate that ends within a day",
      etcd: health(['up'], { clientCertificateEnds: NOW + DAY_MS / 2 }),
      found: ['FF501 warn certificate that ends:'],
      says: 'a certificate of etcd ends within a day, on 2026-11-30 (the one that flannel shows to etcd)',
    },
    {
      about: 'certificates that have ended are the fault, not the members that cannot be asked for it',
      etcd: health(['down -2', 'down -2', 'down -1']),
      found: ['FF501 certificate that ends: node1 node2 node3'],
      says: 'a certificate of etcd ended on 2026-11-28 (https://10.0.0.111:2379), and 2 more',
    },
    {
      about: "flannel's own certificate that has ended",
      etcd: health(['down 90', 'down 90', 'down 90'], { clientCertificateEnds: NOW - DAY_MS }),
      found: ['FF501 certificate that ends:'],
    },
    {
      about: 'the v2 store off, which flannel 0.11 needs',
      etcd: health(['up'], { v2: 'off' }),
      found: ['FF501 v2 store of etcd switched off: node1 node2 node3'],
    },
  ])('$about', ({ etcd, found, says }) => {
    const diagnosis = look(etcd);
    expect(shown(diagnosis)).toEqual(found);
    expect(diagnosis.notEvaluated).toEqual([]);
    if (says !== undefined) expect(diagnosis.findings[0]?.summary).toBe(says);
  });

  test('the v2 store may be off for flannel 0.20, and for flannel without etcd', () => {
    const nodes = soundNodes(Object.fromEntries([1, 2, 3].map((n) => [n, { version: 'v0.20.2' }])));
    expect(look(health(['up'], { v2: 'off' }), {}, nodes).findings).toEqual([]);
  });

  test('the days are those of the profile', () => {
    const etcd = health(['up 12']);
    expect(look(etcd, { thresholds: { certificateDays: 10 } }).findings).toEqual([]);
    expect(look(etcd, { thresholds: { certificateDays: 13 } }).findings).toHaveLength(1);
  });

  test('an endpoint of no host, or of several, names none', () => {
    const twin = makeNode({ host: 'twin', addresses: ['eth1 10.0.0.112/24'], unit: 'none', stopped: true });
    expect(shown(look(health(['up', 'down', 'up']), {}, [...soundNodes(), twin]))).toEqual([
      'FF501 warn etcd member down:',
    ]);
  });

  test.each([
    { about: 'etcd was not asked', etcd: absent, why: 'etcd was not asked for its health' },
    { about: 'etcd could not be asked', etcd: unreadable('no CA file'), why: 'no CA file' },
  ])('not evaluated: $about', ({ etcd, why }) => {
    expect(lookWith(['FF501'], { etcd })).toEqual({
      findings: [],
      notEvaluated: [{ id: 'FF501', hosts: ['node1', 'node2', 'node3'], why }],
    });
  });

  test('not evaluated: whether the v2 store is there', () => {
    expect(look(health(['up'], { v2: 'unknown' })).notEvaluated).toEqual([
      { id: 'FF501', hosts: ['node1', 'node2', 'node3'], why: 'whether etcd has the v2 store could not be told' },
    ]);
  });
});
