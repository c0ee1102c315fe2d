import { describe, expect, test } from 'vitest';
import { present, unreadable } from '../../src/core/reading.js';
import { deadLease } from '../../src/diagnose/dead-lease.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { poolUse } from '../../src/diagnose/pool-use.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import { withPodCidrs } from '../../src/kubernetes/node-leases.js';
import { makeCluster, makeLease, SOUND_LEASES, soundNodes } from './make-cluster.js';

interface Row {
  readonly about: string;
  /** Of `<prefix>/config`; four subnets from 10.1.1.0 to 10.1.4.0 where nothing is said. */
  readonly config?: string;
  readonly leases: readonly string[];
  readonly percent?: number;
  /** Severity, and how much is used: `warn 4/5`; nothing where nothing is found. */
  readonly found: string | undefined;
}

const FOUR = '"Network":"10.1.0.0/16","SubnetMin":"10.1.1.0","SubnetMax":"10.1.4.0"';

function diagnosed({ config = FOUR, leases, percent = 80 }: Omit<Row, 'about' | 'found'>) {
  const network = present(parseNetworkConfig(`{${config}}`));
  const thresholds = { poolUsedPercent: percent };
  return diagnose(makeCluster(soundNodes(), leases, { config: network, thresholds }), [deadLease, poolUse]);
}

function foundIn(row: Omit<Row, 'about' | 'found'>): string | undefined {
  const finding = diagnosed(row).findings.find(({ id }) => id === 'FF106');
  const [, used, all] = /^(\d+) of the (\d+)/.exec(finding?.summary ?? '') ?? [];
  return finding && `${finding.severity} ${used}/${all}${finding.because ? ` <- ${finding.because}` : ''}`;
}

const FOURTH = '10.1.4.0/24 10.0.2.15';

describe('FF106', () => {
  test.each<Row>([
    { about: 'three of four are less than 80 percent', leases: SOUND_LEASES, found: undefined },
    { about: 'a profile may ask for more room', leases: SOUND_LEASES, percent: 75, found: 'warn 3/4' },
    { about: 'none free is an error', leases: [...SOUND_LEASES, '10.1.4.0/24 10.0.0.99'], found: 'error 4/4' },
    {
      about: 'a dead lease takes room, and follows as a cause',
      leases: [...SOUND_LEASES, FOURTH],
      found: 'error 4/4 <- FF103',
    },
    {
      about: 'a dead lease is no cause where the pool is full without it',
      leases: [...SOUND_LEASES, FOURTH],
      percent: 70,
      found: 'error 4/4',
    },
    { about: 'a reservation takes room', leases: [...SOUND_LEASES, `${FOURTH} reserved`], found: 'error 4/4' },
    {
      about: 'a lease outside the pool takes none',
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.0.99'],
      found: undefined,
    },
    {
      about: 'a wider lease takes all that it overlaps',
      leases: ['10.1.2.0/23 10.0.0.111', '10.1.1.0/24 10.0.0.112'],
      percent: 75,
      found: 'warn 3/4',
    },
    {
      about: 'leases that overlap take a subnet once',
      leases: ['10.1.1.0/24 10.0.0.111', '10.1.1.0/25 10.0.0.112', '10.1.1.128/25 10.0.0.113'],
      percent: 30,
      found: undefined,
    },
    { about: 'a lease of all takes all', leases: ['10.0.0.0/8 10.0.0.111'], found: 'error 4/4' },
    {
      about: 'without ends, the second to the last subnet are leased',
      config: '"Network":"10.1.0.0/22","SubnetLen":24',
      leases: SOUND_LEASES,
      found: 'error 3/3',
    },
    {
      about: 'a pool at the top of the address space',
      config: '"Network":"255.255.252.0/22","SubnetLen":24',
      leases: ['255.255.253.0/24 10.0.0.111', '255.255.255.0/24 10.0.0.112'],
      percent: 60,
      found: 'warn 2/3',
    },
    { about: 'an empty etcd', leases: [], found: undefined },
  ])('$about', ({ found, ...row }) => expect(foundIn(row)).toBe(found));

  test('a pool without a subnet says so', () => {
    const { findings } = diagnosed({
      config: '"Network":"10.1.0.0/16","SubnetMin":"10.1.9.0","SubnetMax":"10.1.4.0"',
      leases: [],
    });
    expect(findings.map(({ severity, summary }) => `${severity}: ${summary}`)).toEqual([
      'error: 10.1.0.0/16 has no subnet to lease: SubnetMin is above SubnetMax',
    ]);
  });

  test('says what takes the room', () => {
    const leases = [...SOUND_LEASES, FOURTH, '10.1.9.0/24 10.0.0.99', '10.1.8.0/24 10.0.0.98 reserved'];
    const finding = diagnosed({ leases }).findings.find(({ id }) => id === 'FF106');
    expect(finding?.summary).toBe('4 of the 4 subnets of 10.1.0.0/16 are leased (100 %), none is free');
    expect(finding?.evidence).toEqual([
      'etcd: 10.1.0.0/16 in subnets of /24, from 10.1.1.0 to 10.1.4.0: 4',
      'etcd: 6 leases; subnets taken by them: 4',
      'etcd: 1 lease of no node any more, taking room too: 10.1.4.0/24',
      'etcd: 1 lease of no host of the inventory: 10.1.9.0/24',
      'etcd: 1 lease reserved without an end: 10.1.8.0/24',
    ]);
  });

  test('in Kubernetes the controller manager cuts the subnets, and a lease without an end is no reservation', () => {
    const nodes = soundNodes({ 1: { flags: '-kube-subnet-mgr' } });
    const table = ['10.1.0.0/25', '10.1.0.128/25', '10.1.1.128/25'].map((cidr, n) => `${cidr} 10.0.0.11${n} reserved`);
    const leases = { leases: table.map(makeLease), malformed: [] };
    const config = present(withPodCidrs(parseNetworkConfig('{"Network":"10.1.0.0/23"}'), leases));
    const cluster = { ...makeCluster(nodes, []), leases: present(leases), config, thresholds: { poolUsedPercent: 70 } };
    const [finding] = diagnose(cluster, [poolUse]).findings;
    expect(finding?.summary).toBe('3 of the 4 subnets of 10.1.0.0/23 are leased (75 %), 1 is free');
    expect(finding?.evidence).toEqual([
      'Kubernetes API: 10.1.0.0/23 in subnets of /25, from 10.1.0.0 to 10.1.1.128: 4',
      'Kubernetes API: 3 leases; subnets taken by them: 3',
    ]);
  });

  test('etcd not read: not evaluated', () => {
    const { findings, notEvaluated } = diagnose(makeCluster(soundNodes(), 'unreadable'), [poolUse]);
    expect(findings).toEqual([]);
    expect(notEvaluated).toEqual([
      { id: 'FF106', hosts: ['node1', 'node2', 'node3'], why: 'the leases were not read: etcd is down' },
    ]);
  });

  test('no configuration: not evaluated', () => {
    const cluster = makeCluster(soundNodes(), SOUND_LEASES, { config: unreadable('no such key') });
    expect(diagnose(cluster, [poolUse])).toEqual({
      findings: [],
      notEvaluated: [
        { id: 'FF106', hosts: ['node1', 'node2', 'node3'], why: 'the network configuration was not read' },
      ],
    });
  });
});
