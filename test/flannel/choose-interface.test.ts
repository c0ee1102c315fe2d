import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present, type Reading, unreadable } from '../../src/core/reading.js';
import { address4 } from '../../src/flannel/address.js';
import { type Choice, candidateLine, chooseInterfaces } from '../../src/flannel/choose-interface.js';
import type { RouteTo } from '../../src/flannel/host-network.js';
import { checkProof, proofPeers } from '../../src/flannel/prove-choice.js';
import { makeNode, type NodeIs } from '../diagnose/make-cluster.js';

const NAT = 'eth0 10.0.2.15/24';

/** `eth1 10.0.0.111`, or `refused: why`. */
function shown(choice: Choice | undefined): string {
  if (choice === undefined) return 'none';
  return choice.kind === 'chosen' ? `${choice.argument} ${choice.address}` : `refused: ${choice.why}`;
}

function choicesOf(nodes: readonly Partial<NodeIs>[], wishes: Record<string, string> = {}): string[] {
  const made = nodes.map((is, index) => makeNode({ host: `node${index + 1}`, addresses: [], ...is }));
  return [...chooseInterfaces(made, new Map(Object.entries(wishes))).values()].map(shown);
}

const three = (extra: (n: number) => Partial<NodeIs> = () => ({})): Partial<NodeIs>[] =>
  [1, 2, 3].map((n) => ({ addresses: [NAT, `eth1 10.0.0.11${n}/24`], ...extra(n) }));

describe('chooseInterfaces, without a wish', () => {
  test.each<{ about: string; nodes: Partial<NodeIs>[]; choices: string[] }>([
    {
      about: "the seed's fleet: the NAT address is everybody's, eth1 is each one's own",
      nodes: three(),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: 'names may differ from host to host',
      nodes: [{ addresses: [NAT, 'enp0s8 10.0.0.1/24'] }, { addresses: ['ens4 10.0.0.2/24', NAT] }],
      choices: ['enp0s8 10.0.0.1', 'ens4 10.0.0.2'],
    },
    {
      about: 'container, tunnel and address-holding devices are no candidates, whatever their addresses',
      nodes: three((n) => ({
        addresses: [
          NAT,
          `eth1 10.0.0.11${n}/24`,
          `docker0 172.17.${n}.1/16`,
          `br-0123456789ab 172.18.${n}.1/16`,
          `cni0 10.1.${n}.1/24`,
          `tunl0 10.244.${n}.0/32`,
          `tun0 10.8.0.${n}/24`,
          `wg0 10.9.0.${n}/24`,
          `virbr0 192.168.122.${n}/24`,
          `kube-ipvs0 10.96.0.${n}/24`,
          `nodelocaldns 169.254.20.${n}/24`,
          `cali0a1 169.254.1.${n}/24`,
          `mybridge 172.30.0.${n}/24`,
          `oddtunnel 172.31.0.${n}/24`,
        ],
        links: ['mybridge bridge', 'veth77 veth in mybridge', 'oddtunnel vxlan'],
      })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: "a host that is a container itself: its card is a veth, and the containers' cables are not",
      nodes: three((n) => ({
        addresses: [NAT, `eth1 10.0.0.11${n}/24`, `ptp0 10.1.${n}.1/32`],
        links: ['eth0 veth', 'eth1 veth', 'ptp0 veth'],
      })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: "a bridge with a network card in it is the host's own",
      nodes: [1, 2].map((n) => ({
        addresses: [NAT, `br0 10.0.0.${n}/24`],
        links: ['br0 bridge', 'eth1 ether in br0'],
      })),
      choices: ['br0 10.0.0.1', 'br0 10.0.0.2'],
    },
    {
      about: 'an interface that is down does not compete',
      nodes: three((n) => ({
        addresses: [NAT, `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.11${n}/24`],
        links: [n === 1 ? 'eth2 ether down' : 'eth2 ether no-carrier'],
      })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: 'a second network that one host lacks does not compete',
      nodes: three((n) => (n === 3 ? {} : { addresses: [NAT, `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.11${n}/24`] })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: 'two networks that all share: refused, never guessed',
      nodes: three((n) => ({ addresses: [NAT, `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.11${n}/24`] })),
      choices: Array(3).fill('refused: more than one interface fits: eth1, eth2'),
    },
    {
      about: 'every address shared: refused',
      nodes: [{ addresses: [NAT] }, { addresses: [NAT] }],
      choices: Array(2).fill('refused: no interface has an address of its own in the fleet'),
    },
    {
      about: 'no network in common: refused',
      nodes: [{ addresses: [NAT, 'eth1 10.0.0.1/24'] }, { addresses: [NAT, 'eth1 10.5.0.1/24'] }],
      choices: Array(2).fill('refused: no network that all hosts share'),
    },
    {
      about: 'one host alone with two interfaces: refused',
      nodes: [{ addresses: [NAT, 'eth1 10.0.0.1/24'] }],
      choices: ['refused: more than one interface fits: eth0, eth1'],
    },
    {
      about: 'what the command line names already stays, where it works, even with two candidates',
      nodes: three((n) => ({
        addresses: [NAT, `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.11${n}/24`],
        flags: n === 1 ? '-iface=eth2' : '',
      })),
      choices: ['eth2 172.16.0.111', ...Array(2).fill('refused: more than one interface fits: eth1, eth2')],
    },
    {
      about: 'an explicit interface with the shared address does not stay',
      nodes: three(() => ({ flags: '--iface=eth0' })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: 'an edited unit that was not restarted counts by what it says now',
      nodes: three(() => ({ flags: '-iface=eth1', runningFlags: '-iface=eth0' })),
      choices: ['eth1 10.0.0.111', 'eth1 10.0.0.112', 'eth1 10.0.0.113'],
    },
    {
      about: 'a host without flanneld takes part in what is unique, and gets no choice',
      nodes: [
        { addresses: [NAT, 'eth1 10.0.0.1/24', 'eth2 10.0.0.9/24'] },
        { addresses: [NAT, 'eth1 10.0.0.2/24'] },
        { addresses: [NAT, 'eth2 10.0.0.9/24'], unit: 'none', stopped: true },
      ],
      choices: ['eth1 10.0.0.1', 'eth1 10.0.0.2'],
    },
    {
      about: 'the Kubernetes API gives the subnets: refused with advice',
      nodes: three(() => ({ flags: '--kube-subnet-mgr' })),
      choices: Array(3).fill('refused: flanneld takes its subnet from Kubernetes (--kube-subnet-mgr), not from etcd'),
    },
  ])('$about', ({ nodes, choices }) => {
    expect(choicesOf(nodes)).toEqual(choices);
  });

  test('a refusal shows each interface and what speaks against it', () => {
    const nodes = three((n) => ({
      addresses: [NAT, `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.11${n}/24`, `docker0 172.17.0.1/16`],
    })).map((is, index) => makeNode({ host: `node${index + 1}`, addresses: [], ...is }));
    const choice = chooseInterfaces(nodes).get('node1');
    expect(choice?.kind === 'refused' && choice.candidates.map(candidateLine)).toEqual([
      'eth0 10.0.2.15/24: also the address of node2, node3',
      'eth1 10.0.0.111/24: candidate',
      'eth2 172.16.0.111/24: candidate',
      'docker0 172.17.0.1/16: a container bridge',
    ]);
  });
});

describe('chooseInterfaces, by the wish of the operator', () => {
  const nodes = three((n) => ({
    addresses: [
      NAT,
      `eth1 10.0.0.11${n}/24`,
      `eth2 172.16.0.11${n}/24`,
      `eth2 172.16.0.20${n}/24`,
      `wg0 10.9.0.${n}/24`,
    ],
  }));
  const first = (wish: string) => choicesOf(nodes, { node1: wish })[0];

  test.each([
    { about: 'a name', wish: 'eth2', choice: 'eth2 172.16.0.111' },
    { about: 'an address', wish: '10.0.0.111', choice: 'eth1 10.0.0.111' },
    {
      about: "an address that is not its interface's first stands on the command line itself",
      wish: '172.16.0.201',
      choice: '172.16.0.201 172.16.0.201',
    },
    { about: 'a CIDR', wish: '172.16.0.0/16', choice: 'eth2 172.16.0.111' },
    { about: 'a tunnel, where the operator says so', wish: 'wg0', choice: 'wg0 10.9.0.1' },
    { about: 'a name that is not there', wish: 'eth7', choice: 'refused: flannel_iface "eth7" does not exist here' },
    {
      about: 'an address of another host',
      wish: '10.0.0.112',
      choice: 'refused: flannel_iface "10.0.0.112" is an address that no interface here has',
    },
    {
      about: 'a CIDR that fits nothing',
      wish: '192.168.0.0/16',
      choice: 'refused: flannel_iface "192.168.0.0/16" fits no interface here',
    },
    {
      about: 'a CIDR that fits two',
      wish: '0.0.0.0/0',
      choice: 'refused: flannel_iface "0.0.0.0/0" fits more than one interface: eth0, eth1, eth2',
    },
    {
      about: 'a CIDR that is none',
      wish: '10.0.0.0/99',
      choice: 'refused: flannel_iface "10.0.0.0/99" is not a network',
    },
    { about: 'loopback', wish: 'lo', choice: 'refused: flannel_iface "lo" does not exist here' },
    {
      about: 'the shared address itself',
      wish: 'eth0',
      choice: 'refused: flannel_iface "eth0" gives 10.0.2.15, also the address of node2, node3',
    },
    {
      about: 'words for a shell',
      wish: '$(reboot)',
      choice: 'refused: flannel_iface "$(reboot)" is neither an interface, an address nor a CIDR',
    },
  ])('$about', ({ wish, choice }) => {
    expect(first(wish)).toBe(choice);
  });

  test.each(['lo 127.0.0.1/8', 'docker0 172.17.0.1/16', 'flannel.1 10.1.1.0/32', 'cni0 10.1.1.1/24'])(
    '%s is refused by name too',
    (address) => {
      const iface = address.split(' ')[0] as string;
      expect(choicesOf([{ addresses: [address] }], { node1: iface })[0]).toMatch(/^refused: .*never flannel's way/);
    },
  );

  test('an interface that is there without an address', () => {
    expect(choicesOf([{ addresses: [NAT], links: ['eth3 ether'] }], { node1: 'eth3' })).toEqual([
      'refused: flannel_iface "eth3" has no IPv4 address',
    ]);
  });

  test("comes from the host's own variables too", () => {
    const made = makeNode({ host: 'node1', addresses: [NAT, 'eth1 10.0.0.1/24'], vars: { flannel_iface: 'eth1' } });
    expect(shown(chooseInterfaces([made]).get('node1'))).toBe('eth1 10.0.0.1');
  });

  test('any text gives a choice that exists, or a refusal', () => {
    fc.assert(
      fc.property(fc.string(), (wish) => {
        const choice = first(wish);
        expect(choice).toMatch(/^(refused: |eth1 10\.0\.0\.111$|eth2 172\.16\.0\.111$|wg0 |172\.16\.0\.201 )/);
      }),
    );
  });
});

describe('checkProof', () => {
  const choices = chooseInterfaces(
    three().map((is, index) => makeNode({ host: `node${index + 1}`, addresses: [], ...is })),
  );
  const road = (address: string, dev: string | undefined): RouteTo => ({
    address: address4(address),
    dev,
    src: undefined,
    via: undefined,
  });
  const good = (host: string): Reading<RouteTo[]> =>
    present((proofPeers(choices).get(host) ?? []).map((address) => road(address, 'eth1')));
  const proof = (node1: Reading<RouteTo[]> | undefined) =>
    shown(
      checkProof(
        choices,
        new Map([...(node1 ? ([['node1', node1]] as const) : []), ['node2', good('node2')], ['node3', good('node3')]]),
      ).get('node1'),
    );

  test('stands where every road leaves over it', () => expect(proof(good('node1'))).toBe('eth1 10.0.0.111'));
  test.each<{ about: string; reading: Reading<RouteTo[]> | undefined; why: string }>([
    {
      about: 'a peer over another interface',
      reading: present([road('10.0.0.112', 'eth0'), road('10.0.0.113', 'eth1')]),
      why: '10.0.0.112 is reached over eth0, not eth1',
    },
    {
      about: 'a peer without a road',
      reading: present([road('10.0.0.112', undefined), road('10.0.0.113', 'eth1')]),
      why: 'there is no route to 10.0.0.112',
    },
    {
      about: 'a peer that was not answered',
      reading: present([road('10.0.0.112', 'eth1')]),
      why: 'there is no route to 10.0.0.113',
    },
    {
      about: 'routes that cannot be read',
      reading: unreadable('no ip'),
      why: 'the routes to the other hosts cannot be read: no ip',
    },
    {
      about: 'no answer',
      reading: undefined,
      why: 'the routes to the other hosts cannot be read: nothing was answered',
    },
  ])('falls with $about', ({ reading, why }) => {
    expect(proof(reading)).toBe(`refused: eth1 (10.0.0.111) does not lead to the other hosts: ${why}`);
  });

  test.each([3, 51, 400])('of %i hosts, each asks for at most fifty others, none for itself twice', (total) => {
    const fleet = new Map<string, Choice>(
      Array.from({ length: total }, (_, n) => {
        const address = address4(`10.0.${n >> 8}.${n & 255}`);
        return [`n${n}`, { kind: 'chosen', iface: 'eth1', address, argument: 'eth1', why: '' }];
      }),
    );
    for (const [host, peers] of proofPeers(fleet)) {
      const choice = fleet.get(host);
      expect(peers).toHaveLength(Math.min(total - 1, 50));
      expect(new Set(peers).size).toBe(peers.length);
      expect(choice?.kind === 'chosen' && peers.includes(choice.address.toString())).toBe(false);
    }
  });
});
