import { beforeAll, describe, expect, test } from 'vitest';
import { ask, type Readings } from '../../src/core/fact.js';
import { valueIfPresent } from '../../src/core/reading.js';
import { containerBridges } from '../../src/facts/container-bridges.js';
import { flannelConfigFile } from '../../src/facts/flannel-config-file.js';
import { flannelDependents } from '../../src/facts/flannel-dependents.js';
import { flannelDevices } from '../../src/facts/flannel-device.js';
import { flannelEtcdFiles } from '../../src/facts/flannel-etcd-files.js';
import { flannelOverlayPing } from '../../src/facts/flannel-overlay-ping.js';
import { flannelPeers } from '../../src/facts/flannel-peers.js';
import { flannelProcess } from '../../src/facts/flannel-process.js';
import { flannelRunState } from '../../src/facts/flannel-run-state.js';
import { flannelUnit } from '../../src/facts/flannel-unit.js';
import { flannelVersion } from '../../src/facts/flannel-version.js';
import { hostAddresses } from '../../src/facts/host-addresses.js';
import { hostLinks } from '../../src/facts/host-links.js';
import { hostRouteTo } from '../../src/facts/host-route-to.js';
import { hostRoutes } from '../../src/facts/host-routes.js';
import { nodeAsks } from '../../src/facts/node-asks.js';
import { assembleNode, type NodeReadings } from '../../src/flannel/node.js';
import { filesToClear, filesToKeep } from '../../src/flannel/run-state.js';
import { ALL } from '../support/in-gate.js';
import { plain } from '../support/plain.js';
import { takingTurns } from '../support/taking-turns.js';
import { FILES, NETWORK, SYSTEMD } from './flannel-host.js';
import { readAllInNamespace, readInNamespace, TOOLBOXES } from './in-namespace.js';

const NETWORK_ASKS = {
  addresses: ask(hostAddresses, {}),
  links: ask(hostLinks, {}),
  routes: ask(hostRoutes, {}),
  devices: ask(flannelDevices, {}),
  peers: ask(flannelPeers, {}),
  bridges: ask(containerBridges, {}),
  pings: ask(flannelOverlayPing, {
    targets: [
      { node: 'self', address: '10.1.31.0' },
      { node: 'nobody', address: '10.9.0.1' },
    ],
  }),
};

const SYSTEMD_ASKS = {
  flanneld: ask(flannelUnit, {}),
  vendor: ask(flannelUnit, { name: 'vendor.service' }),
  masked: ask(flannelUnit, { name: 'masked' }),
  nothing: ask(flannelUnit, { name: 'nothing.service' }),
  gone: ask(flannelUnit, { name: 'gone.service' }),
  broken: ask(flannelUnit, { name: 'broken.service' }),
  dependents: ask(flannelDependents, { units: ['flanneld.service'] }),
};

const FILES_ASKS = {
  runState: ask(flannelRunState, {}),
  etcd: ask(flannelEtcdFiles, { paths: ['/run/key.pem', '/run/no.pem'] }),
  config: ask(flannelConfigFile, { path: '/run/flanneld' }),
};

/** Toolboxes for what only differs by the programs or by the shell; with --all each. */
const someOf = (...names: readonly string[]) => TOOLBOXES.filter(({ name }) => ALL || names.includes(name));

describe.each(TOOLBOXES)('the network of a host with $name', (toolbox) => {
  let network: Readings<typeof NETWORK_ASKS>;
  beforeAll(async () => {
    network = await readAllInNamespace(NETWORK_ASKS, { setup: NETWORK, toolbox });
  });

  test('host.addresses lists each address with its network', () => {
    expect(plain(valueIfPresent(network.addresses))).toMatchObject([
      { iface: 'lo', address: '127.0.0.1' },
      { iface: 'eth1', address: '10.0.0.111', network: '10.0.0.0/24', scope: 'global' },
      { iface: 'docker0', address: '10.1.31.1' },
      { iface: 'flannel.1', address: '10.1.31.0', network: '10.1.31.0/32' },
    ]);
  });

  test('host.links tells what each link is', () => {
    const links = valueIfPresent(network.links) ?? [];
    const kinds = Object.fromEntries(
      links.map(({ iface, kind, master }) => [iface, master ? `${kind} in ${master}` : kind]),
    );
    expect(kinds).toMatchObject({
      lo: 'loopback',
      eth1: 'veth',
      docker0: 'bridge',
      veth9: 'veth in docker0',
      'flannel.1': 'vxlan',
    });
    expect(links.find(({ iface }) => iface === 'eth1')).toMatchObject({ up: true, carrier: true, mtuBytes: 1500 });
    expect(links.find(({ iface }) => iface === 'docker0')).toMatchObject({ up: false });
  });

  test('host.routes keeps the order and the kinds', () => {
    const routes = plain(valueIfPresent(network.routes)) as Record<string, unknown>[];
    expect(routes[0]).toMatchObject({ destination: '0.0.0.0/0', via: '10.0.0.2', dev: 'eth1', type: 'unicast' });
    expect(routes).toContainEqual(expect.objectContaining({ destination: '10.1.6.0/24', dev: 'flannel.1' }));
  });

  test('flannel.device has the address and, where ip tells it, the vxlan', () => {
    const [device] = plain(valueIfPresent(network.devices)) as Record<string, unknown>[];
    expect(device).toMatchObject({
      name: 'flannel.1',
      address: '10.1.31.0',
      mac: '0e:11:53:fe:04:df',
      mtuBytes: 1450,
      up: true,
    });
    const vxlan = { vni: 1, local: '10.0.0.111', dev: 'eth1', port: 8472 };
    expect(device?.vxlan).toEqual(toolbox.busybox ? undefined : vxlan);
  });

  test('flannel.peers has forwarding entries', () => {
    expect((plain(valueIfPresent(network.peers)) as { fdb: unknown }).fdb).toEqual([
      { device: 'flannel.1', mac: 'd6:d4:f2:31:5e:0f', dst: '10.0.0.112' },
    ]);
  });

  test('container.bridges has docker0 and no other bridge', () => {
    expect(plain(valueIfPresent(network.bridges))).toMatchObject([{ iface: 'docker0', address: '10.1.31.1' }]);
  });

  test('flannel.overlay_ping tells an answer from none', () => {
    const outcomes = valueIfPresent(network.pings)?.map(({ outcome }) => outcome);
    // Debian's own ping may be missing on the machine; busybox brings one.
    expect(toolbox.busybox ? outcomes?.[0] : ['ok', 'not tested'].includes(outcomes?.[0] ?? '')).toBe(
      toolbox.busybox ? 'ok' : true,
    );
    expect(outcomes?.[1]).not.toBe('ok');
  });
});

describe.each(someOf('dash', 'busybox'))('systemd on a host with $name', (toolbox) => {
  let systemd: Readings<typeof SYSTEMD_ASKS>;
  beforeAll(async () => {
    systemd = await readAllInNamespace(SYSTEMD_ASKS, { setup: SYSTEMD, toolbox });
  });

  test('flannel.unit has files with bytes, modes and order, and the wrapper', () => {
    const unit = valueIfPresent(systemd.flanneld);
    expect(unit).toMatchObject({ name: 'flanneld.service', loadState: 'loaded', activeState: 'active', mainPid: 77 });
    expect(unit?.fragment).toMatchObject({
      path: '/run/etc/flanneld.service',
      mode: '0644',
      owner: 'root',
      writable: true,
    });
    expect(unit?.fragment?.text).toContain('\nfile 3\n');
    expect(unit?.dropIns.map(({ text, mode }) => [text, mode])).toEqual([['[Service]\r\nRestart=always', '0640']]);
    expect(unit?.environmentFiles.map(({ path, optional, file }) => [path, optional, file?.text])).toEqual([
      ['/run/etc/flanneld.env', true, 'FLANNEL_OPTIONS="-etcd-prefix=/n"\n'],
      ['/run/etc/missing.env', false, undefined],
    ]);
    expect(unit?.program?.text).toContain('exec /usr/bin/flanneld "$@"');
  });

  test('flannel.unit: a read-only file system is not writable, whatever root is told', () => {
    expect(valueIfPresent(systemd.vendor)?.fragment).toMatchObject({ writable: false });
  });

  test('flannel.unit: a masked unit has no fragment', () => {
    expect(valueIfPresent(systemd.masked)).toMatchObject({ loadState: 'masked', fragment: undefined });
  });

  test('flannel.unit tells no unit and an unreadable one apart', () => {
    expect(valueIfPresent(systemd.nothing)?.loadState).toBe('not-found');
    expect(systemd.gone).toEqual({
      state: 'unreadable',
      why: 'flannel.unit: cannot read /run/etc/gone.service',
    });
    expect(systemd.broken).toMatchObject({ state: 'unreadable' });
  });

  test('flannel.dependents has services only, and how they depend', () => {
    expect(valueIfPresent(systemd.dependents)).toMatchObject([
      { name: 'docker.service', relations: ['requires'], activeState: 'active', restartsAlong: true },
      { name: 'kubelet.service', relations: ['wants'], activeState: 'inactive', restartsAlong: false },
    ]);
  });
});

describe.each(someOf('bash as sh', 'busybox'))('files of a host with $name', (toolbox) => {
  let files: Readings<typeof FILES_ASKS>;
  beforeAll(async () => {
    files = await readAllInNamespace(FILES_ASKS, { setup: FILES, toolbox });
  });

  test('flannel.run_state clears what flanneld wrote and keeps the rest', () => {
    const state = valueIfPresent(files.runState) ?? { files: [] };
    expect(filesToClear(state).map(({ path, kind }) => [path, kind])).toEqual([
      ['/run/flannel/subnet.env', 'subnet file'],
      ['/run/flannel/docker', 'docker options'],
      ['/run/flannel/networks/blue.env', 'network'],
    ]);
    expect(filesToKeep(state).map(({ path, kind }) => [path, kind])).toEqual([
      ['/run/flannel/note', 'other'],
      ['/run/flannel/options.env', 'configuration'],
    ]);
    expect(state.files.every(({ ageSeconds }) => ageSeconds !== undefined && ageSeconds < 60)).toBe(true);
  });

  test('flannel.etcd_files gives secrets byte for byte and never shows them', () => {
    const read = valueIfPresent(files.etcd);
    const key = read?.get('/run/key.pem');
    expect(key?.state === 'present' && key.value.reveal()).toBe('KEY\n\n');
    expect(read?.get('/run/no.pem')?.state).toBe('absent');
    expect(JSON.stringify([...(read ?? [])])).not.toContain('KEY');
  });

  test('flannel.config_file comes with its mode', () => {
    expect(files.config).toMatchObject({
      state: 'present',
      value: { text: 'DAEMON_ARGS=""', mode: '0600', owner: 'root' },
    });
  });
});

describe.each(TOOLBOXES)('a bare host with $name', (toolbox) => {
  let bare: NodeReadings;
  beforeAll(async () => {
    bare = await readAllInNamespace({ ...nodeAsks({}) }, { setup: 'ip link set lo up', toolbox });
  });

  test('a host without flannel is no flannel node, and everything about it is known', () => {
    const node = assembleNode('here', bare, {});
    expect([node.status, node.held, node.published]).toEqual(['no-flanneld', undefined, undefined]);
    expect(Object.entries(bare).filter(([, { state }]) => state === 'unreadable')).toEqual([]);
  });

  test.each(['devices', 'process', 'subnetEnv', 'unit'] as const)('%s is absent where flannel never ran', (name) => {
    expect(bare[name].state).toBe('absent');
  });

  test('host.identity names the host', () => {
    expect(valueIfPresent(bare.identity)?.hostname).toMatch(/./);
  });
});

describe.each(takingTurns(TOOLBOXES))('on a host with $name', ({ turn, ...toolbox }) => {
  turn('host.route_to answers each address, also one without a route', () => {
    const setup = `${NETWORK}ip route del default\n`;
    const roads = readInNamespace(hostRouteTo, { addresses: ['10.0.0.112', '203.0.113.9'] }, { setup, toolbox });
    expect(plain(valueIfPresent(roads))).toEqual([
      { address: '10.0.0.112', dev: 'eth1', src: '10.0.0.111' },
      { address: '203.0.113.9' },
    ]);
  });

  turn('flannel.process has exact words and only FLANNELD_ variables', () => {
    const setup = `
mkdir /run/bin && cp "$(command -v sleep)" /run/bin/flanneld
FLANNELD_IFACE='eth 1
x' SECRET=1 /run/bin/flanneld 30 &
while [ "$(cat /proc/$!/comm)" != flanneld ]; do :; done`;
    const process = valueIfPresent(readInNamespace(flannelProcess, {}, { setup, toolbox }));
    expect(process).toMatchObject({
      argv: ['/run/bin/flanneld', '30'],
      environment: { FLANNELD_IFACE: 'eth 1\nx' },
      container: false,
      others: [],
    });
    expect(process?.ageSeconds).toBeLessThan(20);
  });

  turn("flannel.process leaves out a guest's flanneld, which has a network of its own", () => {
    const setup = `
mkdir /run/bin && cp "$(command -v sleep)" /run/bin/flanneld
unshare -n /run/bin/flanneld 30 &
while [ "$(cat /proc/$!/comm)" != flanneld ]; do :; done`;
    expect(readInNamespace(flannelProcess, {}, { setup, toolbox }).state).toBe('absent');
  });

  turn('flannel.version runs a program, and never a script of that name', () => {
    const script = `mkdir /run/bin && printf '#!/bin/sh\\necho v0.11.0\\n' >/run/bin/flanneld
chmod +x /run/bin/flanneld
mount -t tmpfs tmpfs /usr/local/bin && cp /run/bin/flanneld /usr/local/bin/flanneld`;
    expect(readInNamespace(flannelVersion, {}, { setup: script, toolbox }).state).toBe('absent');
    // A real program that answers to --version with a number: busybox' own uname does not, sleep of coreutils does.
    const program = `mount -t tmpfs tmpfs /usr/local/bin && cp /usr/bin/sleep /usr/local/bin/flanneld`;
    expect(readInNamespace(flannelVersion, {}, { setup: program, toolbox }).state).not.toBe('absent');
  });
});
