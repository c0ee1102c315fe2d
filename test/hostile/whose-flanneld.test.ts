import { describe, expect, test } from 'vitest';
import { ask } from '../../src/core/fact.js';
import { valueIfPresent } from '../../src/core/reading.js';
import { flannelEtcdFiles } from '../../src/facts/flannel-etcd-files.js';
import { flannelProcess } from '../../src/facts/flannel-process.js';
import { flannelRunState } from '../../src/facts/flannel-run-state.js';
import { flannelSubnetEnv } from '../../src/facts/flannel-subnet-env.js';
import { flannelVersion } from '../../src/facts/flannel-version.js';
import { filesToClear } from '../../src/flannel/run-state.js';
import { readAllInNamespace, readInNamespace, TOOLBOXES } from '../facts/in-namespace.js';
import { slowness } from '../support/cpu.js';
import { takingTurns } from '../support/taking-turns.js';

const LEASE = 'FLANNEL_NETWORK=10.1.0.0/16\\nFLANNEL_SUBNET=10.1.31.1/24\\nFLANNEL_MTU=1450\\n';

describe.each(takingTurns(TOOLBOXES))('what a user of a node can claim to be, under $name', ({ turn, ...toolbox }) => {
  test('a setuid program under the name flanneld is not flanneld', () => {
    const setup = `
cp /bin/sleep /run/flanneld
cp /run/flanneld /run/setuid
chmod u+s /run/setuid
mkdir /run/bob
mv /run/setuid /run/bob/flanneld
/run/bob/flanneld 60 &
until [ "$(cat /proc/$!/comm)" = flanneld ]; do :; done`;
    expect(readInNamespace(flannelProcess, {}, { setup, toolbox })).toEqual({ state: 'absent' });
    const real = `${setup}\n/run/flanneld 61 &\nuntil [ "$(cat /proc/$!/comm)" = flanneld ]; do :; done`;
    const found = valueIfPresent(readInNamespace(flannelProcess, {}, { setup: real, toolbox }));
    expect(found?.argv).toEqual(['/run/flanneld', '61']);
    expect(found?.others).toEqual([]);
  });

  turn.each([
    { about: 'the password file', subnetFile: '/etc/passwd', setup: '' },
    { about: 'a host name', subnetFile: '/etc/hostname', setup: '' },
    { about: 'a folder', subnetFile: '/etc', setup: '' },
    {
      about: 'a script with a lease in it',
      subnetFile: '/run/app/start',
      setup: `mkdir /run/app; printf '#!/bin/sh\\n${LEASE}rm -rf /x\\n' >/run/app/start`,
    },
    {
      about: "flanneld's own settings",
      subnetFile: '/run/app/env',
      setup: `mkdir /run/app; printf '${LEASE}FLANNELD_IFACE=eth1\\n' >/run/app/env`,
    },
    {
      about: 'a file of a user',
      subnetFile: '/run/bob/subnet.env',
      setup: `mkdir /run/bob; printf '${LEASE}' >/run/bob/subnet.env; chown -R 1000 /run/bob`,
    },
    {
      about: "root's file in a folder of a user",
      subnetFile: '/run/bob/subnet.env',
      setup: `mkdir /run/bob; printf '${LEASE}' >/run/bob/subnet.env; chown 1000 /run/bob`,
    },
    {
      about: "root's file in a folder that anybody writes to",
      subnetFile: '/run/all/subnet.env',
      setup: `mkdir -m 777 /run/all; printf '${LEASE}' >/run/all/subnet.env`,
    },
    {
      about: 'a link to a file of the system',
      subnetFile: '/run/bob/subnet.env',
      setup: 'mkdir /run/bob; ln -s /etc/passwd /run/bob/subnet.env; chown -h 1000 /run/bob/subnet.env',
    },
    { about: 'a way up', subnetFile: '/run/flannel/../../etc/passwd', setup: 'mkdir /run/flannel' },
    {
      about: 'a network of a user',
      subnetFile: '/run/bob/subnet.env',
      setup: `mkdir -p /run/bob/networks; ln -s /etc/passwd /run/bob/networks/x; printf '${LEASE}' >/run/bob/networks/y; chown -R 1000 /run/bob`,
    },
  ])('-subnet-file does not have $about cleared', ({ subnetFile, setup }) => {
    const state = readInNamespace(flannelRunState, { subnetFile }, { setup, toolbox });
    expect(state.state).toBe('present');
    expect(filesToClear(valueIfPresent(state) ?? { files: [] })).toEqual([]);
  });

  turn.each([
    { about: 'where it always stands', path: '/run/flannel/subnet.env', text: LEASE },
    { about: 'torn, where it always stands', path: '/run/flannel/subnet.env', text: 'FLANNEL_NETW' },
    { about: 'elsewhere', path: '/run/other/subnet.env', text: LEASE },
    { about: 'elsewhere, empty', path: '/run/other/subnet.env', text: '' },
    {
      about: 'elsewhere, as options of docker',
      path: '/run/other/subnet.env',
      text: 'DOCKER_OPTS=" --bip=10.1.2.1/24"\\n',
    },
  ])("flanneld's own file is cleared $about", ({ path, text }) => {
    const setup = `mkdir -p ${path.replace(/\/[^/]*$/, '')}; printf '${text}' >${path}`;
    const state = valueIfPresent(readInNamespace(flannelRunState, { subnetFile: path }, { setup, toolbox }));
    expect(filesToClear(state ?? { files: [] }).map((file) => file.path)).toEqual([path]);
  });

  turn.each(['/dev/zero', '/proc/kmsg', '/run/pipe', '/etc', '/dev/tty', '/run/loop'])(
    '%s as the subnet file or a certificate is refused, and nothing waits for it',
    async (path) => {
      const setup = 'mkfifo /run/pipe; ln -s /dev/zero /run/loop';
      const asks = { subnetEnv: ask(flannelSubnetEnv, { path }), files: ask(flannelEtcdFiles, { paths: [path] }) };
      const started = performance.now();
      const { subnetEnv, files } = await readAllInNamespace(asks, { setup, toolbox });
      expect(subnetEnv.state).toBe('unreadable');
      expect(valueIfPresent(files)?.get(path)?.state).toBe('unreadable');
      expect(performance.now() - started).toBeLessThan(8000 * slowness());
    },
  );

  test("a container's flanneld is asked for its version without a right on the host", () => {
    const setup = `
cat >/run/setpriv <<'EOF'
#!/bin/sh
echo "v0.11.0"
case "$*" in '--reuid 65534 --regid 65534 --clear-groups --no-new-privs /proc/self/fd/3 --version') ;; *) echo "$*" >&2; exit 1 ;; esac
EOF
chmod 755 /run/setpriv
mount --bind /run/setpriv /usr/bin/setpriv
mkdir -p /run/jail
unshare -m sh -c 'mount -t tmpfs tmpfs /run/jail; cp /bin/sleep /run/jail/flanneld; exec /run/jail/flanneld 60' &
until [ "$(cat /proc/$!/comm)" = flanneld ]; do :; done`;
    const version = readInNamespace(flannelVersion, {}, { setup, toolbox });
    expect(valueIfPresent(version)?.text).toBe('v0.11.0');
  });
});
