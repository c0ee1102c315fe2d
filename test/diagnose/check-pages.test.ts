import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { absent, present } from '../../src/core/reading.js';
import { bootOrder } from '../../src/diagnose/boot-order.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { CAUSE } from '../../src/diagnose/finding.js';
import { ifaceMissing } from '../../src/diagnose/iface-missing.js';
import { checks } from '../../src/diagnose/index.js';
import { networkOverlap } from '../../src/diagnose/network-overlap.js';
import { poolUse } from '../../src/diagnose/pool-use.js';
import type { HostProbe } from '../../src/flannel/probes.js';
import { makeCluster, makeNode } from './make-cluster.js';

const playbook = readFileSync(join(import.meta.dirname, '..', '..', 'playbooks', 'fix-flannel.yaml'), 'utf8');

describe.each(checks.map((check) => ({ id: check.id, page: check.page })))('the page of $id', ({ page }) => {
  test('is there, and nothing in it is empty', () => {
    expect(page).toBeDefined();
    const texts = [page?.why, page?.mend, ...(page?.reads ?? []), ...(page?.byHand ?? []), ...(page?.causes ?? [])];
    expect(texts.filter((text) => text === undefined || text.trim() === '')).toEqual([]);
    for (const list of [page?.reads, page?.byHand, page?.causes]) expect(list).not.toHaveLength(0);
  });

  test('has commands that fit a terminal, each on a line', () => {
    expect(page?.byHand.filter((line) => line.length > 76 || line.includes('\n'))).toEqual([]);
  });

  test('names a task that the shipped playbook has, and causes that there are', () => {
    if (page?.task !== undefined) expect(playbook).toContain(`- name: ${page.task}\n`);
    expect(page?.causes?.filter((cause) => !(Object.values(CAUSE) as string[]).includes(cause))).toEqual([]);
  });
});

test('a thousand hosts and ten thousand leases are looked through in time', () => {
  const boot = present([
    { name: 'flanneld.service', unitFileState: 'disabled', activeState: '', after: [], wantedBy: [] },
  ]);
  const probe: HostProbe = { boot, firewall: absent, guards: absent, paths: absent };
  const nodes = Array.from({ length: 1000 }, (_, n) =>
    makeNode({
      host: `node${n}`,
      addresses: ['eth0 10.0.2.15/24', `eth1 10.0.${n >> 8}.${n & 255}/16`],
      gateway: 'eth1',
      routes: Array.from({ length: 50 }, (_, peer) => `10.1.${peer}.0/24`),
      held: `10.1.${n & 255}.0/24`,
    }),
  );
  const leases = Array.from(
    { length: 10_000 },
    (_, n) => `10.${1 + (n >> 8)}.${n & 255}.0/24 10.200.${n >> 8}.${n & 255}`,
  );
  const hosts = new Map(nodes.map(({ host }) => [host, probe]));
  const cluster = makeCluster(nodes, leases, { probes: { hosts, etcd: absent } });
  const before = process.cpuUsage();
  const { findings } = diagnose(cluster, [poolUse, ifaceMissing, bootOrder, networkOverlap]);
  const { user } = process.cpuUsage(before);
  // The aim is one second on a quiet machine; what others do on this one counts for nothing.
  expect(user / 1000).toBeLessThan(3000);
  expect(findings.map(({ id, hosts: named }) => `${id} ${named.length}`)).toEqual([
    'FF106 0',
    'FF202 1000',
    'FF206 1000',
  ]);
}, 120_000);
