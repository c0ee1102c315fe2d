import { describe, expect, test } from 'vitest';
import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';
import { bootOrder } from '../../src/diagnose/boot-order.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import type { BootUnit, HostProbe } from '../../src/flannel/probes.js';
import { makeCluster, makeNode, type NodeIs, SOUND_LEASES, soundNodes } from './make-cluster.js';

/** `flanneld.service static < docker.service multi-user.target > etcd.service`: pulled in by, starts after. */
function bootUnit(text: string): BootUnit {
  const [head = '', after = ''] = text.split(' > ');
  const [start = '', wantedBy = ''] = head.split(' < ');
  const [name = '', unitFileState = ''] = start.split(' ');
  const words = (list: string) => list.split(' ').filter(Boolean);
  return { name, unitFileState, activeState: 'active', after: words(after), wantedBy: words(wantedBy) };
}

/** The second node of three has these units; the others are sound. */
function judged(boot: readonly string[] | Reading<readonly BootUnit[]>, node: Partial<NodeIs> = {}) {
  const sound = present([bootUnit('flanneld.service enabled < multi-user.target')]);
  const reading = 'state' in boot ? boot : present(boot.map(bootUnit));
  const probe = (mine: Reading<readonly BootUnit[]>): HostProbe => ({
    boot: mine,
    firewall: absent,
    guards: absent,
    paths: absent,
  });
  const hosts = new Map(['node1', 'node2', 'node3'].map((host) => [host, probe(host === 'node2' ? reading : sound)]));
  const cluster = makeCluster(soundNodes({ 2: node }), SOUND_LEASES, { probes: { hosts, etcd: absent } });
  const { findings, notEvaluated } = diagnose(cluster, [bootOrder]);
  return {
    lines: findings.flatMap(({ evidence }) => evidence),
    hosts: findings.flatMap(({ hosts }) => hosts),
    blind: notEvaluated.map(({ hosts, why }) => `${hosts}: ${why}`),
  };
}

describe('FF206: whether flanneld starts at boot', () => {
  test.each<{ about: string; boot: readonly string[]; node?: Partial<NodeIs> }>([
    { about: 'enabled', boot: ['flanneld.service enabled < multi-user.target'] },
    {
      about: 'disabled, and docker that is enabled requires it',
      boot: ['flanneld.service disabled < docker.service', 'docker.service enabled > flanneld.service'],
    },
    {
      about: 'pulled in by way of two units',
      boot: ['flanneld.service static < a.service', 'a.service static < b.service', 'b.service enabled'],
    },
    { about: 'static, in a target of its vendor', boot: ['flanneld.service static < multi-user.target'] },
    {
      about: 'started by a timer',
      boot: ['flanneld.service static < flanneld.timer', 'flanneld.timer enabled < timers.target'],
    },
    { about: 'another name of it is enabled', boot: ['flanneld.service indirect < multi-user.target'] },
    {
      about: 'a script of SysV in its runlevel',
      boot: ['flanneld.service generated < multi-user.target graphical.target'],
    },
    {
      about: 'in a pod, and the kubelet is enabled',
      boot: ['kubelet.service enabled < multi-user.target'],
      node: { unit: 'none', flags: '-kube-subnet-mgr' },
    },
  ])('$about: sound', ({ boot, node }) => expect(judged(boot, node)).toEqual({ lines: [], hosts: [], blind: [] }));

  test.each<{ about: string; boot: readonly string[]; node?: Partial<NodeIs>; line: string }>([
    {
      about: 'disabled',
      boot: ['flanneld.service disabled'],
      line: 'flanneld.service is disabled, and nothing that starts at boot pulls it in',
    },
    {
      about: 'masked, though something wants it',
      boot: ['flanneld.service masked < multi-user.target'],
      line: 'flanneld.service is masked, and nothing that starts at boot pulls it in',
    },
    {
      about: 'static, and nothing wants it',
      boot: ['flanneld.service static'],
      line: 'flanneld.service is static, and nothing that starts at boot pulls it in',
    },
    {
      about: 'enabled until the reboot',
      boot: ['flanneld.service enabled-runtime < multi-user.target'],
      line: 'flanneld.service is enabled-runtime, and nothing that starts at boot pulls it in',
    },
    {
      about: 'docker that wants it is disabled too',
      boot: ['flanneld.service disabled < docker.service', 'docker.service disabled'],
      line: 'flanneld.service is disabled, and nothing that starts at boot pulls it in',
    },
    {
      about: 'two units that want each other only',
      boot: ['flanneld.service static < a.service', 'a.service static < flanneld.service'],
      line: 'flanneld.service is static, and nothing that starts at boot pulls it in',
    },
    { about: 'its file was deleted', boot: ['docker.service enabled'], line: 'the file of flanneld.service is gone' },
    {
      about: 'in a pod, and the kubelet is not enabled',
      boot: ['kubelet.service disabled'],
      node: { unit: 'none', flags: '-kube-subnet-mgr' },
      line: 'kubelet.service is disabled, and nothing that starts at boot pulls it in',
    },
  ])('$about: found', ({ boot, node, line }) => {
    expect(judged(boot, node)).toEqual({ lines: [`node2: ${line}`], hosts: ['node2'], blind: [] });
  });

  test.each<{
    about: string;
    boot: readonly string[] | Reading<readonly BootUnit[]>;
    node?: Partial<NodeIs>;
    why: string;
  }>([
    {
      about: 'indirect, and nothing wants it',
      boot: ['flanneld.service indirect'],
      why: 'flanneld.service is indirect, and what starts it cannot be told',
    },
    {
      about: 'generated, and nothing wants it',
      boot: ['flanneld.service generated'],
      why: 'flanneld.service is generated, and what starts it cannot be told',
    },
    {
      about: 'a state that systemd does not say',
      boot: ['flanneld.service'],
      why: 'flanneld.service is of no known state, and what starts it cannot be told',
    },
    {
      about: 'wanted by a unit that was not asked',
      boot: ['flanneld.service disabled < x.service'],
      why: 'flanneld.service is disabled, and what starts it cannot be told',
    },
    { about: 'no systemd', boot: absent, why: 'the host has no systemd that could tell what starts at boot' },
    {
      about: 'not readable',
      boot: unreadable('timed out'),
      why: 'how its units start at boot could not be read: timed out',
    },
    {
      about: 'no unit',
      boot: ['docker.service enabled'],
      node: { unit: 'none' },
      why: 'flanneld runs without a unit of its own',
    },
    {
      about: 'in a pod of another kubelet',
      boot: [],
      node: { unit: 'none', flags: '-kube-subnet-mgr' },
      why: 'flanneld runs in a pod, and there is no kubelet.service',
    },
  ])('$about: not evaluated', ({ boot, node, why }) => {
    expect(judged(boot, node)).toEqual({ lines: [], hosts: [], blind: [`node2: ${why}`] });
  });
});

const FLANNELD = 'flanneld.service enabled < multi-user.target';
const DOCKER = 'docker.service enabled < multi-user.target';
const OF_FLANNEL = { bridge: 'docker0 10.1.2.1/24' };

describe('FF206: whether docker waits for flanneld', () => {
  test.each<{ about: string; boot: readonly string[]; node?: Partial<NodeIs> }>([
    { about: 'it starts after it', boot: [FLANNELD, `${DOCKER} > flanneld.service`] },
    {
      about: 'by way of a unit between them',
      boot: [
        FLANNELD,
        `${DOCKER} > docker-opts.service`,
        'docker-opts.service static < docker.service > flanneld.service',
      ],
    },
    { about: 'docker has a network of its own', boot: [FLANNELD, DOCKER], node: { bridge: 'docker0 172.17.0.1/16' } },
    { about: 'there is no docker0', boot: [FLANNELD, DOCKER], node: {} },
    { about: 'docker is not started at boot', boot: [FLANNELD, 'docker.service disabled'] },
    { about: 'there is no docker', boot: [FLANNELD] },
  ])('$about: sound', ({ boot, node = OF_FLANNEL }) => {
    expect(judged(boot, node)).toEqual({ lines: [], hosts: [], blind: [] });
  });

  test.each([
    {
      about: 'nothing orders them',
      boot: [FLANNELD, `${DOCKER} > network.target`],
      line: 'docker.service does not start after flanneld.service',
    },
    {
      about: 'the unit between them is not started',
      boot: [FLANNELD, `${DOCKER} > x.service`, 'x.service disabled > flanneld.service'],
      line: 'docker.service does not start after flanneld.service',
    },
    {
      about: 'the other way round',
      boot: [`${FLANNELD} > docker.service`, DOCKER],
      line: 'flanneld.service starts after docker.service',
    },
    {
      about: 'units that go round in a ring',
      boot: [FLANNELD, `${DOCKER} > a.target`, 'a.target static > b.target', 'b.target static > a.target'],
      line: 'docker.service does not start after flanneld.service',
    },
  ])('$about: found', ({ boot, line }) => {
    expect(judged(boot, OF_FLANNEL).lines).toEqual([`node2: docker0 has 10.1.2.1, and ${line}`]);
  });

  test('without the address of docker0: not evaluated', () => {
    const { lines, blind } = judged([FLANNELD, DOCKER], { readings: { bridges: unreadable('no ip') } });
    expect({ lines, blind }).toEqual({ lines: [], blind: ['node2: the address of docker0 could not be read'] });
  });
});

test('FF206 without what only a check reads, or a host that could not be read: not evaluated', () => {
  const dark = makeNode({
    host: 'dark',
    addresses: [],
    readings: { unit: unreadable('timed out'), process: unreadable('timed out') },
  });
  const { findings, notEvaluated } = diagnose(makeCluster([...soundNodes(), dark], SOUND_LEASES), [bootOrder]);
  expect(findings).toEqual([]);
  expect(notEvaluated).toEqual([
    { id: 'FF206', hosts: ['dark'], why: 'the host could not be read' },
    { id: 'FF206', hosts: ['node1', 'node2', 'node3'], why: 'how its units start at boot was not read' },
  ]);
});
