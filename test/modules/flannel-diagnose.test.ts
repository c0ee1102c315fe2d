import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { unreadable } from '../../src/core/reading.js';
import { flannelDiagnose } from '../../src/modules/flannel-diagnose.js';
import { makeNode, type NodeIs, SOUND_LEASES, soundNodes } from '../diagnose/make-cluster.js';
import { planFleet, registryWith } from './fake-fleet.js';

const BROKEN: Partial<NodeIs> = { flags: '', held: '10.1.31.0/24' };
const DEAD = '10.1.31.0/24 10.0.2.15';
const broken = () => soundNodes({ 1: BROKEN, 2: BROKEN, 3: BROKEN });
const gone = new FixError('ssh/unreachable', 'node9 cannot be reached', { hint: 'Check the address.' });
const bastion = makeNode({ host: 'bastion', addresses: ['eth0 10.0.2.15/24'], unit: 'none', stopped: true });

describe('flannel_diagnose', () => {
  test('finds the fault of the fleet and decides for each host', async () => {
    const planned = await planFleet(flannelDiagnose, {}, { nodes: broken(), leases: [DEAD] });
    expect(planned.findings?.map(({ id }) => id)).toContain('FF101');
    expect(planned.kinds).toEqual(['node1: unchanged', 'node2: unchanged', 'node3: unchanged']);
    expect(planned.result('node2')).toMatchObject({
      mend: true,
      needs_iface: true,
      clear: true,
      iface: 'eth1',
      address: '10.0.0.112',
      old_subnet: '10.1.31.0/24',
      unit: 'flanneld.service',
      running: true,
      serial: [1, 5],
    });
    expect(planned.notes).toEqual([
      'flannel v0.11.0 on 3 hosts, etcd v2 /coreos.com/network, network 10.1.0.0/16, 1 lease',
    ]);
  });

  test('a node whose unit has lost its -iface may keep the lease that is its own', async () => {
    const nodes = soundNodes({ 1: { flags: '', runningFlags: '-iface=eth1' } });
    const planned = await planFleet(flannelDiagnose, {}, { nodes, leases: SOUND_LEASES });
    expect(planned.result('node1')).toMatchObject({ needs_iface: true, address: '10.0.0.111', old_subnet: null });
  });

  test('leaves a sound cluster alone', async () => {
    const planned = await planFleet(flannelDiagnose, {}, { nodes: soundNodes(), leases: SOUND_LEASES });
    expect(planned.findings).toEqual([]);
    expect(planned.result('node1')).toMatchObject({ mend: false });
  });

  test('tells a host that cannot be reached, and one that cannot be understood', async () => {
    const dark = makeNode({
      host: 'dark',
      addresses: [],
      readings: { unit: unreadable('denied'), process: unreadable('denied') },
    });
    const planned = await planFleet(
      flannelDiagnose,
      {},
      {
        nodes: [...soundNodes(), dark],
        leases: SOUND_LEASES,
        unreachable: { node9: gone },
      },
    );
    expect([...(planned.errors?.keys() ?? [])]).toEqual(['dark', 'node9']);
    expect(planned.errors?.get('node9')).toBe(gone);
    expect(planned.errors?.get('dark')).toMatchObject({ code: 'host/unreadable' });
  });

  test('fails every host of an etcd that does not answer, with its own words', async () => {
    const registry = registryWith([]);
    const down = new FixError('etcd/unreachable', 'no member answers', { hint: 'Start etcd.' });
    registry.failWith(down);
    const planned = await planFleet(flannelDiagnose, {}, { nodes: broken(), registryOf: () => registry });
    expect([...(planned.errors ?? [])]).toEqual([1, 2, 3].map((n) => [`node${n}`, down]));
  });

  test('refuses where two interfaces fit, and names them', async () => {
    const nodes = soundNodes(
      Object.fromEntries(
        [1, 2, 3].map((n) => [
          n,
          { ...BROKEN, addresses: ['eth0 10.0.2.15/24', `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.1${n}/24`] },
        ]),
      ),
    );
    const planned = await planFleet(flannelDiagnose, {}, { nodes, leases: [DEAD] });
    expect(planned.kinds).toEqual(['node1: refuse', 'node2: refuse', 'node3: refuse']);
    expect(planned.of('node1').why).toMatch(/eth1.*eth2/);
  });

  test('refuses an interface that does not lead to the other hosts', async () => {
    const planned = await planFleet(flannelDiagnose, {}, { nodes: broken(), leases: [DEAD], routesLeaveOver: 'eth0' });
    expect(planned.of('node1')).toMatchObject({ kind: 'refuse', why: expect.stringMatching(/over eth0, not eth1/) });
  });

  describe('gives all hosts one serial', () => {
    const serials = async (fleet: Parameters<typeof planFleet>[2]) => {
      const planned = await planFleet(flannelDiagnose, {}, fleet);
      return [...new Set([...planned.outcomes.keys()].map((host) => JSON.stringify(planned.result(host).serial)))];
    };
    const late = (n: number) => ({
      ...BROKEN,
      version: 'v0.20.2',
      vars: { flannel_etcd_endpoints: `http://late:2379` },
      host: `late${n}`,
      addresses: ['eth0 10.0.2.15/24', `eth1 10.0.0.12${n}/24`],
    });

    test('also where the first one has no flanneld', async () => {
      expect(await serials({ nodes: [bastion, ...broken()], leases: [DEAD] })).toEqual(['[1,5]']);
    });

    test("the operator's own", async () => {
      const hostVars = { node2: { flannel_serial: '25%' } };
      expect(await serials({ nodes: [bastion, ...broken()], leases: [DEAD], hostVars })).toEqual(['"25%"']);
    });

    test('and the most careful cluster decides it', async () => {
      const nodes = [...broken(), ...[1, 2].map((n) => makeNode(late(n) as NodeIs))];
      const hostVars = Object.fromEntries(
        ['late1', 'late2'].map((host) => [host, { flannel_etcd_endpoints: 'http://late:2379' }]),
      );
      expect(await serials({ nodes, leases: [DEAD], hostVars, vars: { flannel_serial: 10 } })).toEqual(['1']);
    });
  });

  test('says of a host without flanneld that it is left alone', async () => {
    const planned = await planFleet(flannelDiagnose, {}, { nodes: [bastion, ...soundNodes()], leases: SOUND_LEASES });
    expect(planned.of('bastion').kind).toBe('unchanged');
    expect(planned.result('bastion')).toMatchObject({ mend: false, left_alone: true });
  });

  describe('as the last look', () => {
    test('is left out of a plan', async () => {
      const planned = await planFleet(
        flannelDiagnose,
        { after: true },
        { nodes: broken(), leases: [DEAD], check: true },
      );
      expect(new Set([...planned.outcomes.values()].map(({ kind }) => kind))).toEqual(new Set(['skip']));
      expect(planned.asked).toEqual([]);
    });

    test('proves a sound cluster', async () => {
      const planned = await planFleet(flannelDiagnose, { after: true }, { nodes: soundNodes(), leases: SOUND_LEASES });
      expect(planned.of('node1')).toMatchObject({ kind: 'unchanged', result: { proven: true } });
    });

    test('waits for a cluster to settle, and no longer than it may', async () => {
      const fleet = { nodes: broken(), leases: [DEAD] };
      const planned = await planFleet(flannelDiagnose, { after: true, timeout: 2 }, fleet);
      expect(planned.of('node1').kind).toBe('fail');
      expect(planned.waited).toBeGreaterThanOrEqual(2000);
      expect(planned.waited).toBeLessThan(3000);
    });

    test('sees what has settled meanwhile', async () => {
      const registry = registryWith([]);
      const fleet = {
        nodes: soundNodes(),
        registryOf: () => registry,
        onSleep: (now: number) => {
          if (now < 500) return;
          for (const text of SOUND_LEASES) {
            const [cidr, address] = text.split(' ') as [string, string];
            registry.put(cidr.replace('/', '-'), {
              value: { PublicIP: address, BackendType: 'vxlan' },
              ttlSeconds: 86000,
            });
          }
        },
      };
      const planned = await planFleet(flannelDiagnose, { after: true, timeout: 10 }, fleet);
      expect(planned.of('node3').kind).toBe('unchanged');
      expect(planned.waited).toBe(500);
    });
  });
});
