import { describe, expect, test } from 'vitest';
import { planIfaceInFile } from '../../src/flannel/file-iface.js';
import type { HostFile } from '../../src/flannel/unit.js';

function hostFile(text: string, more: Partial<HostFile> = {}): HostFile {
  const plain = {
    path: '/etc/default/flanneld',
    mode: '0644',
    owner: 'root',
    group: 'root',
    linksTo: undefined,
    writable: true,
  };
  return { ...plain, text, ...more };
}

const SKELETON = `#!/bin/sh
DAEMON=/usr/bin/flanneld
DAEMON_ARGS="--etcd-prefix=/n --iface=eth0"
[ -x "$DAEMON" ] || exit 0
[ -r /etc/default/flanneld ] && . /etc/default/flanneld
do_start() {
	start-stop-daemon --start --quiet --pidfile $PIDFILE --exec $DAEMON --test > /dev/null || return 1
	start-stop-daemon --start --quiet --pidfile $PIDFILE --exec $DAEMON -- \\
		$DAEMON_ARGS \\
		|| return 2
}
do_stop() {
	start-stop-daemon --stop --quiet --name flanneld
}
case "$1" in
  start) log_daemon_msg "Starting flanneld"; do_start ;;
esac
`;

describe('planIfaceInFile', () => {
  test.each([
    {
      about: 'options in double quotes',
      text: 'DAEMON_ARGS="--etcd-prefix=/n"\n',
      after: 'DAEMON_ARGS="-iface=eth1 --etcd-prefix=/n"\n',
    },
    {
      about: 'options in single quotes',
      text: "FLANNEL_OPTS='-ip-masq'\n",
      after: "FLANNEL_OPTS='-iface=eth1 -ip-masq'\n",
    },
    { about: 'empty options', text: 'FLANNEL_OPTIONS=""\n', after: 'FLANNEL_OPTIONS="-iface=eth1"\n' },
    { about: 'options without a value', text: 'FLANNELD_OPTS=\n', after: 'FLANNELD_OPTS=-iface=eth1\n' },
    {
      about: 'one option without quotes',
      text: 'FLANNELD_OPTS=-ip-masq\n',
      after: 'FLANNELD_OPTS="-iface=eth1 -ip-masq"\n',
    },
    {
      about: 'another interface in the options',
      text: 'OPTS="-ip-masq --iface eth0 -v=1"\n',
      after: 'OPTS="-iface=eth1 -ip-masq -v=1"\n',
    },
    { about: 'only another interface', text: 'export OPTS="--iface=eth0"', after: 'export OPTS="-iface=eth1"' },
    {
      about: 'FLANNELD_IFACE',
      text: '# x\nFLANNELD_IFACE="eth0"\nFLANNELD_IP_MASQ=true\n',
      after: '# x\nFLANNELD_IFACE=eth1\nFLANNELD_IP_MASQ=true\n',
    },
    {
      about: 'a variable of another name with etcd flags in it',
      text: 'FLANNEL="-etcd-endpoints=http://a:2379"\n',
      after: 'FLANNEL="-iface=eth1 -etcd-endpoints=http://a:2379"\n',
    },
    {
      about: 'a variable that begins with flanneld',
      text: 'CMD="/bin/flanneld -ip-masq -etcd-prefix=/n"\n',
      after: 'CMD="/bin/flanneld -iface=eth1 -ip-masq -etcd-prefix=/n"\n',
    },
    {
      about: 'a commented line beside the real one',
      text: '#DAEMON_ARGS="-a"\nDAEMON_ARGS="-ip-masq"\n',
      after: '#DAEMON_ARGS="-a"\nDAEMON_ARGS="-iface=eth1 -ip-masq"\n',
    },
    {
      about: 'nohup with & and redirections',
      text: 'nohup /bin/flanneld -ip-masq -iface=eth0 >>/var/log/f 2>&1 &\n',
      after: 'nohup /bin/flanneld -iface=eth1 -ip-masq >>/var/log/f 2>&1 &\n',
    },
    {
      about: 'an Upstart job',
      text: 'description "Flannel\'s job"\nstart on runlevel [2345]\nscript\n  exec /usr/bin/flanneld $OPTS\nend script\n',
      after:
        'description "Flannel\'s job"\nstart on runlevel [2345]\nscript\n  exec /usr/bin/flanneld -iface=eth1 $OPTS\nend script\n',
    },
    {
      about: 'a supervisor program beside another',
      text: '[program:etcd]\ncommand=/bin/etcd\n[program:flannel]\ncommand = /bin/flanneld --iface=eth0 --ip-masq\nautostart=true\n',
      after:
        '[program:etcd]\ncommand=/bin/etcd\n[program:flannel]\ncommand = /bin/flanneld -iface=eth1 --ip-masq\nautostart=true\n',
    },
    {
      about: 'an init script with start-stop-daemon',
      text: SKELETON,
      after: SKELETON.replace(' --iface=eth0', '').replace('$DAEMON -- \\', '$DAEMON -- -iface=eth1 \\'),
    },
    {
      about: 'a start behind a condition, and a version question',
      text: '#!/bin/sh\n/bin/flanneld --version\nif [ -e /x ]; then\n  exec /bin/flanneld "$@"\nfi\n',
      after: '#!/bin/sh\n/bin/flanneld --version\nif [ -e /x ]; then\n  exec /bin/flanneld -iface=eth1 "$@"\nfi\n',
    },
    {
      about: 'a start in a script with a here-document',
      text: "#!/bin/sh\ncat <<EOF\nflanneld isn't started here\nEOF\nflanneld -ip-masq\n",
      after: "#!/bin/sh\ncat <<EOF\nflanneld isn't started here\nEOF\nflanneld -iface=eth1 -ip-masq\n",
    },
  ])('changes $about', ({ text, after }) => {
    const plan = planIfaceInFile(hostFile(text), 'eth1');
    expect(plan).toMatchObject({ kind: 'edit', edits: [{ path: '/etc/default/flanneld', before: text, after }] });
    expect(planIfaceInFile(hostFile(after), 'eth1').kind).toBe('already');
  });

  test.each([
    { about: 'options with the interface', text: 'DAEMON_ARGS="--etcd-prefix=/n --iface eth1"\n' },
    { about: 'FLANNELD_IFACE', text: "FLANNELD_IFACE='eth1'\n" },
    { about: 'a command', text: '#!/bin/sh\nexec flanneld --iface=eth1 &\n' },
  ])('leaves $about alone', ({ text }) => {
    expect(planIfaceInFile(hostFile(text), 'eth1').kind).toBe('already');
  });

  test.each<{ about: string; text: string; why: RegExp; more?: Partial<HostFile> }>([
    { about: 'an empty file', text: '', why: /neither starts/ },
    { about: 'a file about something else', text: 'A=1\n', why: /neither starts/ },
    { about: 'only commented options', text: '#DAEMON_ARGS="-ip-masq"\n', why: /neither starts/ },
    {
      about: 'options in two places',
      text: 'DAEMON_ARGS="-ip-masq"\nDAEMON_OPTS="-etcd-prefix=/n -ip-masq"\n',
      why: /more than one place/,
    },
    { about: 'several words without quotes', text: 'FLANNEL_OPTIONS=-ip-masq -v=1\n', why: /without quotes/ },
    { about: 'two starts', text: 'flanneld -a=1\nflanneld -a=2\n', why: /2 places/ },
    { about: 'a supervisor file without flanneld', text: '[program:etcd]\ncommand=/bin/etcd\n', why: /no program/ },
    { about: 'a symbolic link', text: 'OPTS=""\n', why: /symbolic link/, more: { linksTo: '/opt/x' } },
    { about: 'a read-only file', text: 'OPTS=""\n', why: /read-only/, more: { writable: false } },
    { about: 'an interface in a second variable', text: 'A="--iface=eth0"\nflanneld $B\nC="$A"\n', why: /elsewhere/ },
    { about: 'an open quote', text: 'flanneld "-a\n', why: /neither starts|never closed/ },
  ])('refuses $about', ({ text, why, more }) => {
    const plan = planIfaceInFile(hostFile(text, more), 'eth1');
    expect(plan.kind).toBe('refuse');
    expect(plan.why).toMatch(why);
  });

  test('refuses an interface that is not safe', () => {
    expect(planIfaceInFile(hostFile('OPTS=""\n'), 'a b').kind).toBe('refuse');
  });
});
