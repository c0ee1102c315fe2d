import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { valueIfPresent } from '../../src/core/reading.js';
import { flannelPaths, type PathTarget } from '../../src/facts/flannel-paths.js';
import { hostFirewall } from '../../src/facts/host-firewall.js';
import { readInNamespace, TOOLBOXES, type Toolbox } from './in-namespace.js';

const NETWORK = `
ip link set lo up
ip link add eth1 type veth peer name far
ip addr add 10.0.0.111/24 dev eth1
ip link set eth1 up
ip link set far up
ip addr add 10.1.1.0/32 dev lo
`;

const TARGETS = [
  { node: 'a', overlay: '10.1.1.0', underlay: '10.0.0.111', fullBytes: 1450 },
  { node: 'b', overlay: '10.1.2.0', underlay: '10.0.0.112', fullBytes: 1450 },
  { node: 'c', overlay: '10.1.1.0', underlay: undefined, fullBytes: undefined },
];

/** Ends as iputils does: 1 for no answer, 2 where there is no route; a first packet to 10.1.5.0 is lost. */
const IPUTILS = `
mount -t tmpfs tmpfs /usr/local/bin
cat >/usr/local/bin/ping <<'EOF'
#!/bin/sh
for word; do last=$word; done
case "$*" in *'-n -q -c 1 -W 2'*) ;; *) exit 2 ;; esac
case "$last $*" in
  '127.0.0.1 '* | '10.1.1.0 '* | '10.0.0.'*) exit 0 ;;
  '10.1.2.0 '*'-M do -s 1422'*) exit 1 ;;
  '10.1.2.0 '*) exit 0 ;;
  '10.1.4.0 '*) exit 2 ;;
  '10.1.5.0 '*) [ -e /run/asked ] && exit 0; : >/run/asked; exit 1 ;;
esac
exit 1
EOF
chmod +x /usr/local/bin/ping
`;

const paths = (toolbox: Toolbox, setup: string, targets: readonly PathTarget[]) =>
  readInNamespace(flannelPaths, { targets }, { setup, toolbox });

const told = (reading: ReturnType<typeof paths>) =>
  valueIfPresent(reading)?.map(({ underlayPing, small, full }) => [underlayPing, small, full]);

test.each(TOOLBOXES.filter(({ busybox }) => busybox))(
  'flannel.paths with the ping of $name, which sends no large packets whole',
  (toolbox) => {
    expect(told(paths(toolbox, NETWORK, TARGETS))).toEqual([
      ['ok', 'ok', 'not tested'],
      ['lost', 'lost', 'not tested'],
      ['not tested', 'ok', 'not tested'],
    ]);
  },
);

describe.each(TOOLBOXES.filter(({ busybox }) => !busybox))('flannel.paths on a host with $name', (toolbox) => {
  test('and a ping that ends as that of iputils', () => {
    const target = (n: number) => ({
      node: `n${n}`,
      overlay: `10.1.${n}.0`,
      underlay: `10.0.0.11${n}`,
      fullBytes: 1450,
    });
    expect(told(paths(toolbox, IPUTILS, [1, 2, 3, 4, 5].map(target)))).toEqual([
      ['ok', 'ok', 'ok'],
      ['ok', 'ok', 'lost'],
      ['ok', 'lost', 'not tested'],
      ['ok', 'lost', 'not tested'],
      ['ok', 'ok', 'ok'],
    ]);
  });

  test('and no ping', () => {
    const without =
      'mount -t tmpfs tmpfs /usr/local/bin; for ping in /bin/ping /usr/bin/ping; do [ ! -e $ping ] || mount --bind /dev/null $ping; done';
    expect(paths(toolbox, without, TARGETS)).toEqual({ state: 'unreadable', why: 'there is no ping on this host' });
  });
});

describe.each(TOOLBOXES)('on a host with $name', (toolbox) => {
  test('flannel.paths sends nothing where there is nobody to send to', () => {
    expect(paths(toolbox, '', [])).toEqual({ state: 'present', value: [] });
  });

  const firewall = (setup: string) =>
    readInNamespace(hostFirewall, { backend: 'vxlan', port: 8472, peers: ['10.0.0.112'] }, { setup, toolbox });

  test('host.firewall finds the rule that drops, and not one for another port', () => {
    expect(existsSync('/usr/sbin/iptables'), 'this machine has iptables').toBe(true);
    const rule = (port: number) => `iptables -A INPUT -p udp --dport ${port} -m comment --comment 'it "is"' -j DROP\n`;
    expect(valueIfPresent(firewall(rule(8285)))).toMatchObject({ tool: 'iptables', drops: [] });
    expect(valueIfPresent(firewall(rule(8285) + rule(8472)))).toMatchObject({
      tool: 'iptables',
      drops: [expect.stringMatching(/^-A INPUT -p udp .*--dport 8472 .*-j DROP$/)],
    });
  });

  test('host.firewall is absent where no packet filter can be asked', () => {
    const without = 'for tool in iptables nft; do path=$(command -v $tool) && mount --bind /dev/null "$path"; done; :';
    expect(firewall(without).state).toBe('absent');
  });
});
