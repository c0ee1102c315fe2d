import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { flannelLeases } from '../../src/modules/flannel-leases.js';
import { flannelOverlay } from '../../src/modules/flannel-overlay.js';
import { flannelVerify } from '../../src/modules/flannel-verify.js';
import { type NodeIs, SOUND_LEASES, soundNodes } from '../diagnose/make-cluster.js';
import { planFleet, registryWith } from './fake-fleet.js';

const BROKEN: Partial<NodeIs> = { flags: '', held: '10.1.31.0/24' };
const DEAD = '10.1.31.0/24 10.0.2.15';
const broken = () => soundNodes({ 1: BROKEN, 2: BROKEN, 3: BROKEN });
const gone = new FixError('ssh/unreachable', 'node9 cannot be reached', { hint: 'Check the address.' });

describe('flannel_verify', () => {
  const decided = (n: number) => ({
    flannel: {
      mend: true,
      needs_iface: true,
      clear: true,
      iface: 'eth1',
      address: `10.0.0.11${n}`,
      old_subnet: '10.1.31.0/24',
    },
  });
  const hostVars = { node1: decided(1), node2: decided(2), node3: decided(3) };

  test('is left out of a plan', async () => {
    const planned = await planFleet(flannelVerify, {}, { nodes: broken(), hostVars, check: true });
    expect(planned.kinds).toEqual(['node1: skip', 'node2: skip', 'node3: skip']);
    expect(planned.asked).toEqual([]);
  });

  test('proves hosts that hold subnets of their own', async () => {
    const planned = await planFleet(flannelVerify, {}, { nodes: soundNodes(), leases: SOUND_LEASES, hostVars });
    expect(planned.of('node2')).toMatchObject({
      kind: 'unchanged',
      why: '10.1.2.0/24 is its own, for 10.0.0.112',
      result: { proven: true, subnet: '10.1.2.0/24' },
    });
    expect(planned.waited).toBe(0);
  });

  test('waits for the one that is not ready, and does not ask the others again', async () => {
    const fleet = {
      nodes: [...soundNodes().slice(0, 2), ...broken().slice(2)],
      leases: SOUND_LEASES,
      hostVars,
      onSleep: (now: number) => {
        if (now >= 1000) fleet.nodes = soundNodes();
      },
    };
    const planned = await planFleet(flannelVerify, { timeout: 5 }, fleet);
    expect(planned.kinds).toEqual(['node1: unchanged', 'node2: unchanged', 'node3: unchanged']);
    expect(planned.waited).toBe(1000);
    expect(planned.asked.filter((host) => host === 'node1')).toHaveLength(1);
  });

  test('gives up when its time is over, and says what is not proven', async () => {
    const planned = await planFleet(flannelVerify, { timeout: 1 }, { nodes: broken(), leases: [DEAD], hostVars });
    expect(planned.of('node1')).toMatchObject({
      kind: 'fail',
      why: expect.stringMatching(/no -iface.*still holds 10\.1\.31\.0\/24/),
    });
    expect(planned.waited).toBe(1000);
  });

  test('a host that is lost meanwhile fails, so that its block undoes', async () => {
    const nodes = soundNodes().slice(0, 1);
    const vars = { ...decided(1) };
    const planned = await planFleet(
      flannelVerify,
      { timeout: 1 },
      { nodes, leases: SOUND_LEASES, vars, unreachable: { node9: gone } },
    );
    expect(planned.kinds).toEqual(['node1: unchanged', 'node9: fail']);
    expect(planned.of('node9').why).toBe('node9 cannot be reached');
  });
});

describe('flannel_leases', () => {
  const leases = [...SOUND_LEASES, DEAD];
  const deleted = (planned: Awaited<ReturnType<typeof planFleet>>) =>
    (planned.actions ?? []).flatMap((action) =>
      action.kind === 'delete-lease' ? [action.lease.subnet.toCidrString()] : [],
    );
  const plan = (fleet: Partial<Parameters<typeof planFleet>[2]>) =>
    planFleet(flannelLeases, { dead: 'absent' }, { nodes: soundNodes(), leases, ...fleet });

  test('a lease that no node holds goes, and one host answers for it', async () => {
    const planned = await plan({});
    expect(deleted(planned)).toEqual(['10.1.31.0/24']);
    expect(planned.kinds).toEqual(['node1: change', 'node2: unchanged', 'node3: unchanged']);
    expect(planned.of('node1')).toMatchObject({ actions: [], result: { cluster: true } });
  });

  test('a plan names the lease that will be dead', async () => {
    const planned = await plan({ nodes: broken(), leases: [DEAD], check: true });
    expect(planned.of('node1').why).toMatch(/10\.1\.31\.0\/24/);
  });

  test('a lease that is still held stays when this is no plan', async () => {
    expect(deleted(await plan({ nodes: broken(), leases: [DEAD] }))).toEqual([]);
  });

  test.each<{ about: string; fleet: Partial<Parameters<typeof planFleet>[2]>; why: RegExp }>([
    { about: 'with --limit', fleet: { vars: { ansible_limit: 'node1' } }, why: /--limit/ },
    { about: 'while a host cannot be reached', fleet: { unreachable: { node9: gone } }, why: /not every host/ },
    {
      about: 'while a host of the inventory is not looked at',
      fleet: { vars: { groups: { all: ['node1', 'node2', 'node3', 'node4'] } } },
      why: /node4 left out/,
    },
    {
      about: 'while a node of the group flannel is not looked at',
      fleet: { vars: { groups: { all: ['node1'], flannel: ['node1', 'node5'] } } },
      why: /node5 left out/,
    },
    {
      about: 'while one of two etcds cannot be read',
      fleet: {
        hostVars: { node3: { flannel_etcd_endpoints: 'http://other:2379' } },
        registryOf: (endpoint) => {
          const registry = registryWith(leases);
          if (endpoint.includes('other')) registry.failWith(new FixError('etcd/unreachable', 'down', { hint: 'x' }));
          return registry;
        },
      },
      why: /not every node/,
    },
  ])('none goes $about', async ({ fleet, why }) => {
    const planned = await plan(fleet);
    expect(deleted(planned)).toEqual([]);
    expect(planned.of('node1')).toMatchObject({ kind: 'skip', why: expect.stringMatching(why) });
  });

  test('hosts outside the group flannel are not missed', async () => {
    const groups = { all: ['node1', 'node2', 'node3', 'bastion'], flannel: ['node1', 'node2', 'node3'] };
    expect(deleted(await plan({ vars: { groups } }))).toEqual(['10.1.31.0/24']);
  });

  test('a reservation stays', async () => {
    expect(deleted(await plan({ leases: [...SOUND_LEASES, `${DEAD} reserved`] }))).toEqual([]);
  });

  test('each of two etcds loses its own', async () => {
    const hostVars = Object.fromEntries([['node3', { flannel_etcd_endpoints: 'http://other:2379' }]]);
    const registryOf = (endpoint: string) =>
      registryWith(
        endpoint.includes('other')
          ? [SOUND_LEASES[2] as string, '10.1.77.0/24 10.0.2.15']
          : leases.filter((text) => !text.startsWith('10.1.3.')),
      );
    const planned = await plan({ hostVars, registryOf });
    expect(deleted(planned)).toEqual(['10.1.31.0/24', '10.1.77.0/24']);
    expect(planned.kinds).toEqual(['node1: change', 'node2: unchanged', 'node3: change']);
  });
});

describe('flannel_overlay', () => {
  const mended = { flannel: { mend: true } };

  test('is left out of a plan that mends', async () => {
    const planned = await planFleet(flannelOverlay, {}, { nodes: broken(), leases: [DEAD], vars: mended, check: true });
    expect(planned.kinds).toEqual(['node1: skip', 'node2: skip', 'node3: skip']);
    expect(planned.asked).toEqual([]);
  });

  test('tests a sound cluster also in a check', async () => {
    const planned = await planFleet(flannelOverlay, {}, { nodes: soundNodes(), leases: SOUND_LEASES, check: true });
    expect(planned.of('node1')).toMatchObject({ kind: 'unchanged', result: { proven: true } });
    expect(planned.of('node1').why).toBe('packets cross the overlay to 2 other nodes');
  });

  test('names the nodes that packets do not reach, at once where nothing was changed', async () => {
    const ping = (_: string, to: string) => (to === 'node3' ? ('lost' as const) : ('ok' as const));
    const planned = await planFleet(flannelOverlay, {}, { nodes: soundNodes(), leases: SOUND_LEASES, ping });
    expect(planned.kinds).toEqual(['node1: fail', 'node2: fail', 'node3: unchanged']);
    expect(planned.of('node1').why).toBe('packets over the overlay are lost to node3 (10.1.3.0)');
    expect(planned.waited).toBe(0);
  });

  test('gives mended nodes time to learn of each other, and asks only what was lost again', async () => {
    const pings: string[] = [];
    const ping = (from: string, to: string, now: number) => {
      pings.push(`${from} ${to}`);
      return to === 'node3' && now < 1000 ? ('lost' as const) : ('ok' as const);
    };
    const planned = await planFleet(
      flannelOverlay,
      { timeout: 5 },
      { nodes: soundNodes(), leases: SOUND_LEASES, vars: mended, ping },
    );
    expect(planned.kinds).toEqual(['node1: unchanged', 'node2: unchanged', 'node3: unchanged']);
    expect(planned.waited).toBe(1000);
    expect(pings.filter((one) => one === 'node1 node2')).toHaveLength(1);
  });

  test('stops waiting when its time is over', async () => {
    const ping = () => 'lost' as const;
    const planned = await planFleet(
      flannelOverlay,
      { timeout: 1 },
      { nodes: soundNodes(), leases: SOUND_LEASES, vars: mended, ping },
    );
    expect(planned.of('node1').kind).toBe('fail');
    expect(planned.waited).toBe(1000);
  });

  test('never passes what could not be sent', async () => {
    const ping = () => 'not tested' as const;
    const planned = await planFleet(flannelOverlay, {}, { nodes: soundNodes(), leases: SOUND_LEASES, ping });
    expect(planned.of('node1')).toMatchObject({ kind: 'unchanged', result: { notice: true } });
    expect(planned.result('node1').proven).toBeUndefined();
  });
});
