import { describe, expect, test } from 'vitest';
import type { Ask, Fact } from '../../src/core/fact.js';
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
import { flannelSubnetEnv } from '../../src/facts/flannel-subnet-env.js';
import { flannelUnit } from '../../src/facts/flannel-unit.js';
import { flannelVersion } from '../../src/facts/flannel-version.js';
import { hostAddresses } from '../../src/facts/host-addresses.js';
import { hostIdentity } from '../../src/facts/host-identity.js';
import { hostLinks } from '../../src/facts/host-links.js';
import { hostRouteTo } from '../../src/facts/host-route-to.js';
import { hostRoutes } from '../../src/facts/host-routes.js';
import { nodeAsks } from '../../src/facts/node-asks.js';
import { assembleNode, type NodeReadings } from '../../src/flannel/node.js';
import { filesToClear, filesToKeep } from '../../src/flannel/run-state.js';
import { plain } from '../support/plain.js';
import { readInNamespace, TOOLBOXES } from './in-namespace.js';

const NETWORK = `
ip link set lo up
ip link add eth1 type veth peer name far
ip addr add 10.0.0.111/24 dev eth1
ip link set eth1 up
ip link set far up
ip link add docker0 type bridge
ip addr add 10.1.31.1/24 dev docker0
ip link add veth9 type veth peer name veth8
ip link set veth9 master docker0
ip link add flannel.1 type vxlan id 1 local 10.0.0.111 dev eth1 dstport 8472 nolearning
ip addr add 10.1.31.0/32 dev flannel.1
ip link set flannel.1 address 0e:11:53:fe:04:df mtu 1450 up
ip route add default via 10.0.0.2
ip route add 10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink
ip route add blackhole 10.9.0.0/16
bridge fdb add d6:d4:f2:31:5e:0f dev flannel.1 dst 10.0.0.112 self permanent
ip neigh add 10.1.6.0 lladdr d6:d4:f2:31:5e:0f dev flannel.1 nud permanent
`;

// A stand-in that answers as systemctl does; its files are below /run, which is the test's own.
const SYSTEMD = `
mkdir -p /run/systemd/system /run/bin "/run/etc/flanneld.service.d" /run/usr
cat >/run/etc/flanneld.service <<'EOF'
[Service]
EnvironmentFile=-/run/etc/flanneld.env
ExecStart=/run/bin/wrapper $FLANNEL_OPTIONS
file 3
EOF
printf '[Service]\\r\\nRestart=always' >/run/etc/flanneld.service.d/10-restart.conf
printf 'FLANNEL_OPTIONS="-etcd-prefix=/n"\\n' >/run/etc/flanneld.env
printf '#!/bin/sh\\nexec /usr/bin/flanneld "$@"\\n' >/run/bin/wrapper
chmod 640 /run/etc/flanneld.service.d/10-restart.conf
mount -t tmpfs tmpfs /run/usr
cp /run/etc/flanneld.service /run/usr/vendor.service
mount -o remount,ro /run/usr
cat >/run/bin/systemctl <<'EOF'
#!/bin/sh
for unit; do :; done
case "$unit:$*" in
  flanneld.service:*RequiredBy*) printf 'RequiredBy=docker.service\\nWantedBy=multi-user.target kubelet.service\\nBoundBy=\\nConsistsOf=\\n' ;;
  docker.service:*) printf 'Id=docker.service\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n' ;;
  kubelet.service:*) printf 'Id=kubelet.service\\nActiveState=inactive\\nSubState=dead\\nUnitFileState=disabled\\n' ;;
  flanneld.service:*) cat <<'END'
Id=flanneld.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
MainPID=77
NeedDaemonReload=no
FragmentPath=/run/etc/flanneld.service
DropInPaths=/run/etc/flanneld.service.d/10-restart.conf
EnvironmentFiles=/run/etc/flanneld.env (ignore_errors=yes)
EnvironmentFiles=/run/etc/missing.env (ignore_errors=no)
ExecStart={ path=/run/bin/wrapper ; argv[]=/run/bin/wrapper $FLANNEL_OPTIONS ; ignore_errors=no ; pid=77 }
END
  ;;
  vendor.service:*) printf 'Id=vendor.service\\nLoadState=loaded\\nActiveState=inactive\\nFragmentPath=/run/usr/vendor.service\\n' ;;
  masked.service:*) printf 'Id=masked.service\\nLoadState=masked\\nActiveState=inactive\\nFragmentPath=/dev/null\\n' ;;
  gone.service:*) printf 'Id=gone.service\\nLoadState=loaded\\nActiveState=inactive\\nFragmentPath=/run/etc/gone.service\\n' ;;
  broken.service:*) echo 'Failed to get properties: Connection timed out' >&2; exit 1 ;;
  *) printf 'Id=%s\\nLoadState=not-found\\nActiveState=inactive\\nSubState=dead\\n' "$unit" ;;
esac
EOF
chmod +x /run/bin/systemctl /run/bin/wrapper
mount --bind /run/bin/systemctl "$(command -v systemctl)"
`;

describe.each(TOOLBOXES)('on a host with $name', (toolbox) => {
  const network = <Q, V>(fact: Parameters<typeof readInNamespace<Q, V>>[0], query: Q) =>
    readInNamespace(fact, query, { setup: NETWORK, toolbox });
  const systemd = <Q, V>(fact: Parameters<typeof readInNamespace<Q, V>>[0], query: Q) =>
    readInNamespace(fact, query, { setup: SYSTEMD, toolbox });

  test('host.addresses lists each address with its network', () => {
    expect(plain(valueIfPresent(network(hostAddresses, {})))).toMatchObject([
      { iface: 'lo', address: '127.0.0.1' },
      { iface: 'eth1', address: '10.0.0.111', network: '10.0.0.0/24', scope: 'global' },
      { iface: 'docker0', address: '10.1.31.1' },
      { iface: 'flannel.1', address: '10.1.31.0', network: '10.1.31.0/32' },
    ]);
  });

  test('host.links tells what each link is', () => {
    const links = valueIfPresent(network(hostLinks, {})) ?? [];
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
    const routes = plain(valueIfPresent(network(hostRoutes, {}))) as Record<string, unknown>[];
    expect(routes[0]).toMatchObject({ destination: '0.0.0.0/0', via: '10.0.0.2', dev: 'eth1', type: 'unicast' });
    expect(routes).toContainEqual(expect.objectContaining({ destination: '10.1.6.0/24', dev: 'flannel.1' }));
  });

  test('host.route_to answers each address, also one without a route', () => {
    const setup = `${NETWORK}ip route del default\n`;
    const roads = readInNamespace(hostRouteTo, { addresses: ['10.0.0.112', '203.0.113.9'] }, { setup, toolbox });
    expect(plain(valueIfPresent(roads))).toEqual([
      { address: '10.0.0.112', dev: 'eth1', src: '10.0.0.111' },
      { address: '203.0.113.9' },
    ]);
  });

  test('flannel.device has the address and, where ip tells it, the vxlan', () => {
    const [device] = plain(valueIfPresent(network(flannelDevices, {}))) as Record<string, unknown>[];
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

  test('flannel.device is absent where flannel never ran', () => {
    expect(readInNamespace(flannelDevices, {}, { toolbox }).state).toBe('absent');
  });

  test('flannel.peers has forwarding entries', () => {
    expect((plain(valueIfPresent(network(flannelPeers, {}))) as { fdb: unknown }).fdb).toEqual([
      { device: 'flannel.1', mac: 'd6:d4:f2:31:5e:0f', dst: '10.0.0.112' },
    ]);
  });

  test('container.bridges has docker0 and no other bridge', () => {
    expect(plain(valueIfPresent(network(containerBridges, {})))).toMatchObject([
      { iface: 'docker0', address: '10.1.31.1' },
    ]);
  });

  test('flannel.overlay_ping tells an answer from none', () => {
    const targets = [
      { node: 'self', address: '10.1.31.0' },
      { node: 'nobody', address: '10.9.0.1' },
    ];
    const outcomes = valueIfPresent(network(flannelOverlayPing, { targets }))?.map(({ outcome }) => outcome);
    // Debian's own ping may be missing on the machine; busybox brings one.
    expect(toolbox.busybox ? outcomes?.[0] : ['ok', 'not tested'].includes(outcomes?.[0] ?? '')).toBe(
      toolbox.busybox ? 'ok' : true,
    );
    expect(outcomes?.[1]).not.toBe('ok');
  });

  test('flannel.unit has files with bytes, modes and order, and the wrapper', () => {
    const unit = valueIfPresent(systemd(flannelUnit, {}));
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

  test.each([
    {
      about: 'a read-only file system is not writable, whatever root is told',
      name: 'vendor.service',
      field: { writable: false },
    },
    { about: 'a masked unit has no fragment', name: 'masked', field: undefined },
  ])('flannel.unit: $about', ({ name, field }) => {
    const unit = valueIfPresent(systemd(flannelUnit, { name }));
    if (field === undefined) expect(unit).toMatchObject({ loadState: 'masked', fragment: undefined });
    else expect(unit?.fragment).toMatchObject(field);
  });

  test('flannel.unit tells no unit, an unreadable one, and no systemd apart', () => {
    expect(valueIfPresent(systemd(flannelUnit, { name: 'nothing.service' }))?.loadState).toBe('not-found');
    expect(systemd(flannelUnit, { name: 'gone.service' })).toEqual({
      state: 'unreadable',
      why: 'cannot read /run/etc/gone.service',
    });
    expect(systemd(flannelUnit, { name: 'broken.service' })).toMatchObject({ state: 'unreadable' });
    expect(readInNamespace(flannelUnit, {}, { toolbox }).state).toBe('absent');
  });

  test('flannel.dependents has services only, and how they depend', () => {
    expect(valueIfPresent(systemd(flannelDependents, { units: ['flanneld.service'] }))).toMatchObject([
      { name: 'docker.service', relations: ['requires'], activeState: 'active', restartsAlong: true },
      { name: 'kubelet.service', relations: ['wants'], activeState: 'inactive', restartsAlong: false },
    ]);
  });

  test('flannel.process has exact words and only FLANNELD_ variables', () => {
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

  test("flannel.process leaves out a guest's flanneld, which has a network of its own", () => {
    const setup = `
mkdir /run/bin && cp "$(command -v sleep)" /run/bin/flanneld
unshare -n /run/bin/flanneld 30 &
while [ "$(cat /proc/$!/comm)" != flanneld ]; do :; done`;
    expect(readInNamespace(flannelProcess, {}, { setup, toolbox }).state).toBe('absent');
  });

  test('a host without flannel is no flannel node, and everything about it is known', () => {
    const readings = Object.fromEntries(
      Object.entries(nodeAsks({})).map(([name, { fact, query }]: [string, Ask]) => [
        name,
        readInNamespace(fact as Fact<unknown, unknown>, query, { setup: 'ip link set lo up', toolbox }),
      ]),
    );
    const node = assembleNode('here', readings as unknown as NodeReadings, {});
    expect([node.status, node.held, node.published]).toEqual(['no-flanneld', undefined, undefined]);
    expect(Object.entries(readings).filter(([, { state }]) => state === 'unreadable')).toEqual([]);
  });

  test('flannel.process is absent where none runs', () => {
    expect(readInNamespace(flannelProcess, {}, { toolbox }).state).toBe('absent');
  });

  test('flannel.version runs a program, and never a script of that name', () => {
    const script = `mkdir /run/bin && printf '#!/bin/sh\\necho v0.11.0\\n' >/run/bin/flanneld
chmod +x /run/bin/flanneld
mount -t tmpfs tmpfs /usr/local/bin && cp /run/bin/flanneld /usr/local/bin/flanneld`;
    expect(readInNamespace(flannelVersion, {}, { setup: script, toolbox }).state).toBe('absent');
    // A real program that answers to --version with a number: busybox' own uname does not, sleep of coreutils does.
    const program = `mount -t tmpfs tmpfs /usr/local/bin && cp /usr/bin/sleep /usr/local/bin/flanneld`;
    expect(readInNamespace(flannelVersion, {}, { setup: program, toolbox }).state).not.toBe('absent');
  });

  test('flannel.run_state clears what flanneld wrote and keeps the rest', () => {
    const setup = `
mkdir -p /run/flannel/networks
printf 'FLANNEL_NETWORK=10.1.0.0/16\\nFLANNEL_SUBNET=10.1.31.1/24\\n' | tee /run/flannel/subnet.env >/run/flannel/networks/blue.env
printf 'DOCKER_NETWORK_OPTIONS=" --bip=10.1.31.1/24"\\n' >/run/flannel/docker
printf 'FLANNELD_IFACE=10.0.2.15\\nFLANNELD_ETCD_PASSWORD=x\\n' >/run/flannel/options.env
echo other >/run/flannel/note`;
    const state = valueIfPresent(readInNamespace(flannelRunState, {}, { setup, toolbox })) ?? { files: [] };
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

  test('flannel.subnet_env is absent before the first lease', () => {
    expect(readInNamespace(flannelSubnetEnv, { path: '/run/flannel/subnet.env' }, { toolbox }).state).toBe('absent');
  });

  test('flannel.etcd_files gives secrets byte for byte and never shows them', () => {
    const setup = `printf 'KEY\\n\\n' >/run/key.pem`;
    const files = valueIfPresent(
      readInNamespace(flannelEtcdFiles, { paths: ['/run/key.pem', '/run/no.pem'] }, { setup, toolbox }),
    );
    const key = files?.get('/run/key.pem');
    expect(key?.state === 'present' && key.value.reveal()).toBe('KEY\n\n');
    expect(files?.get('/run/no.pem')?.state).toBe('absent');
    expect(JSON.stringify([...(files ?? [])])).not.toContain('KEY');
  });

  test('flannel.config_file comes with its mode', () => {
    const setup = `printf 'DAEMON_ARGS=""' >/run/flanneld && chmod 600 /run/flanneld`;
    const file = readInNamespace(flannelConfigFile, { path: '/run/flanneld' }, { setup, toolbox });
    expect(file).toMatchObject({ state: 'present', value: { text: 'DAEMON_ARGS=""', mode: '0600', owner: 'root' } });
  });

  test('host.identity names the host', () => {
    expect(valueIfPresent(readInNamespace(hostIdentity, {}, { toolbox }))?.hostname).toMatch(/./);
  });
});
