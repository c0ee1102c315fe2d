import { describe, expect, test } from 'vitest';
import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { guardLeft } from '../../src/diagnose/guard-left.js';
import type { LeftGuard } from '../../src/flannel/probes.js';
import { makeCluster, SOUND_LEASES, soundNodes } from './make-cluster.js';

const guard = (state: LeftGuard['state']): Reading<readonly LeftGuard[]> =>
  present([{ run: '20261125T0301', state, leftSeconds: 42 }]);

function looked(node1: Reading<readonly LeftGuard[]> | undefined) {
  const nodes = soundNodes();
  const probe = (guards: Reading<readonly LeftGuard[]>) => ({ boot: absent, firewall: absent, paths: absent, guards });
  const hosts = new Map(nodes.slice(1).map(({ host }) => [host, probe(absent)]));
  if (node1 !== undefined) hosts.set('node1', probe(node1));
  const cluster = { ...makeCluster(nodes, SOUND_LEASES), probes: { hosts, etcd: absent } };
  const { findings, notEvaluated } = diagnose(cluster, [guardLeft]);
  return {
    evidence: findings.flatMap((finding) => finding.evidence),
    blind: notEvaluated.flatMap(({ hosts: unread }) => unread),
  };
}

describe('FF602', () => {
  test.each([
    {
      about: 'one that waits',
      guards: guard('armed'),
      says: ['node1: run 20261125T0301 left a guard that puts the node back in 42 s'],
    },
    {
      about: 'one at work',
      guards: guard('restoring'),
      says: ['node1: the guard of run 20261125T0301 is putting the node back'],
    },
    {
      about: 'one that is done',
      guards: guard('done'),
      says: ['node1: the guard of run 20261125T0301 has put the node back'],
    },
    {
      about: 'one that could not',
      guards: guard('failed'),
      says: ['node1: the guard of run 20261125T0301 could not put the node back'],
    },
    { about: 'one that does nothing any more', guards: guard('left'), says: [] },
    { about: 'none', guards: absent, says: [] },
  ])('$about', ({ guards, says }) => {
    expect(looked(guards)).toEqual({ evidence: says, blind: [] });
  });

  test.each([
    { about: 'guards that cannot be read', guards: unreadable('permission denied') },
    { about: 'a host that was not asked', guards: undefined },
  ])('$about: not evaluated there', ({ guards }) => {
    expect(looked(guards)).toEqual({ evidence: [], blind: ['node1'] });
  });
});
