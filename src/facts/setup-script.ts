import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { RECORD_FUNCTIONS } from './host-records.js';
import type { Collector } from './setup-subsets.js';

export interface SetupQuery {
  /** The parts to gather. */
  readonly collectors: readonly Collector[];
  /** Seconds for what can hang: file systems over the network, facts that are programs. */
  readonly timeoutSeconds: number;
  /** The folder of facts that the host has of its own. */
  readonly factPath: string;
}

/** Files whose text each part is made of; `*` stands for names in a folder. One `grep` reads them all. */
const FILES: Readonly<Partial<Record<Collector, string>>> = {
  cmdline: '/proc/cmdline',
  distribution:
    '/etc/os-release /usr/lib/os-release /etc/debian_version /etc/centos-release /etc/redhat-release ' +
    '/etc/oracle-release /etc/system-release /etc/alpine-release /etc/lsb-release /etc/openwrt_release',
  dns: '/etc/resolv.conf',
  fibre_channel_wwn: '/sys/class/fc_host/*/port_name',
  fips: '/proc/sys/crypto/fips_enabled',
  hardware:
    '/proc/cpuinfo /proc/meminfo /proc/uptime /proc/self/status /proc/self/mounts /proc/self/mountinfo ' +
    '/sys/hypervisor/type /sys/devices/virtual/dmi/id/* /sys/block/*/size /sys/block/*/removable ' +
    '/sys/block/*/queue/rotational /sys/block/*/queue/scheduler /sys/block/*/queue/logical_block_size ' +
    '/sys/block/*/queue/discard_granularity /sys/block/*/device/vendor /sys/block/*/device/model ' +
    '/sys/block/*/device/serial /sys/block/*/device/sas_address /sys/block/*/device/sas_device_handle ' +
    '/sys/block/*/*/partition /sys/block/*/*/start /sys/block/*/*/size /sys/block/*/dm/name',
  iscsi: '/etc/iscsi/initiatorname.iscsi',
  loadavg: '/proc/loadavg',
  lsb: '/etc/lsb-release',
  network:
    '/sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/type ' +
    '/sys/class/net/*/speed /sys/class/net/*/flags /sys/class/net/*/bridge/bridge_id ' +
    '/sys/class/net/*/bridge/stp_state /sys/class/net/*/bonding/slaves /sys/class/net/*/bonding/mode ' +
    '/sys/class/net/*/bonding/miimon /sys/class/net/*/bonding/lacp_rate /sys/class/net/*/bonding/primary ' +
    '/sys/class/net/*/bonding/all_slaves_active /sys/class/net/*/bonding_slave/perm_hwaddr',
  nvme: '/etc/nvme/hostnqn',
  platform:
    '/proc/sys/kernel/ostype /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /proc/sys/kernel/version ' +
    '/etc/machine-id /var/lib/dbus/machine-id',
  selinux: '/sys/fs/selinux/enforce /sys/fs/selinux/policyvers /etc/selinux/config',
  service_mgr: '/proc/1/comm',
  ssh_pub_keys: '/etc/ssh/ssh_host_*_key.pub /etc/openssh/ssh_host_*_key.pub /etc/ssh_host_*_key.pub',
  user: '/etc/passwd',
  virtual:
    '/proc/1/cgroup /run/systemd/container /proc/xen/capabilities /sys/devices/virtual/dmi/id/* /proc/self/status ' +
    '/proc/cpuinfo /proc/modules',
};

/** Links and folders whose names tell something. One `ls` lists them all. */
const LINKS: Readonly<Partial<Record<Collector, string>>> = {
  hardware: '/sys/block/* /sys/block/*/slaves/* /sys/block/*/holders/* /dev/disk/by-*/* /dev/mapper/*',
  network:
    '/sys/class/net/* /sys/class/net/*/device /sys/class/net/*/device/driver/module /sys/class/net/*/bridge ' +
    '/sys/class/net/*/brif/* /sys/class/net/*/bonding /sys/class/net/*/bonding_slave',
  service_mgr: '/sbin/init',
};

/** Paths whose being there tells something. */
const PATHS: Readonly<Partial<Record<Collector, string>>> = {
  apparmor: '/sys/kernel/security/apparmor',
  hardware: '/proc/xen',
  pkg_mgr:
    '/run/ostree-booted /usr/bin/rpm-ostree /usr/bin/yum /usr/bin/dnf /usr/bin/apt-get /usr/bin/zypper ' +
    '/usr/sbin/urpmi /usr/bin/pacman /bin/opkg /sbin/apk /usr/bin/emerge /usr/bin/xbps-install /usr/bin/swupd',
  selinux: '/sys/fs/selinux/enforce',
  service_mgr: '/run/systemd/system/ /dev/.run/systemd/ /dev/.systemd/ /etc/init/ /sbin/openrc /etc/init.d/',
  virtual: '/proc/vz /proc/lve /proc/bc /.dockerenv /.dockerinit /proc/xen /dev/kvm',
};

/** What a part runs. Each prints records of its own. */
const COMMANDS: Readonly<Partial<Record<Collector, string>>> = {
  caps: `has capsh && record capsh "$(capsh --print 2>/dev/null)"`,
  chroot: `record roots "$(stat -L -c '%d:%i' / /proc/1/root/. 2>/dev/null)"
record root_type "$(stat -f -c %T / 2>/dev/null)"
[ -z "\${debian_chroot:-}" ] || record debian_chroot yes`,
  // The two last are a time in winter and one in summer, for the zone's two names.
  date_time: `now=$(date '+%s %N|%Y|%m|%A|%w|%W|%d|%H|%M|%S|%Z|%z'); record date "$now"
year=31557600; zone=$(( \${now%% *} / year * year ))
record zones "$(date -d "@$zone" '+%z %Z' 2>/dev/null; date -d "@$((zone + year / 2))" '+%z %Z' 2>/dev/null)"`,
  env: `record environ "$(tr '\\n\\0' '\\001\\n' </proc/$$/environ)"`,
  hardware: `set --
while read -r device mount type rest; do
  [ "$type" != none ] || continue
  case $device in /* | \\\\* | *:/*) ;; *) continue ;; esac
  case $mount in *%*) continue ;; *\\\\*) mount=$(printf "$mount") ;; esac
  set -- "$@" "$mount"
done </proc/self/mounts
[ "$#" -eq 0 ] || record sizes "$($limit stat -f -c '%S %s %b %a %c %d %n' -- "$@" 2>/dev/null)"
if has vgs && has lvs && has pvs && [ -w /etc/passwd ]; then
  how='--noheadings --nosuffix --units g --separator ,'
  record vgs "$(vgs $how 2>/dev/null)"; record lvs "$(lvs $how 2>/dev/null)"; record pvs "$(pvs $how 2>/dev/null)"
fi`,
  lsb: `has lsb_release && record lsb_release "$($limit lsb_release -a 2>/dev/null)"`,
  network: `if has ip; then
  record route "$(ip -4 route get 8.8.8.8 2>/dev/null)"
  record route_six "$(ip -6 route get 2404:6800:400a:800::1012 2>/dev/null)"
  record addresses "$(ip -o addr show 2>/dev/null)"
fi`,
  pkg_mgr: `[ ! -x /usr/bin/rpm ] || [ ! -e /usr/bin/apt-get ] || ! /usr/bin/rpm -q --whatprovides /usr/bin/apt-get >/dev/null 2>&1 || record apt_rpm yes`,
  platform: `read -r me </proc/sys/kernel/hostname
record machine "$(uname -m)"
record bits "$(getconf LONG_BIT 2>/dev/null)"
if has getent; then
  found=$($limit getent ahosts "$me"); found=\${found%%[ 	]*}
  [ -z "$found" ] || record names "$($limit getent hosts "$found")"
else
  record fqdn "$($limit hostname -f 2>/dev/null)"
fi`,
  service_mgr: `has systemctl && record systemctl yes; has initctl && record initctl yes`,
  user: `record id "$(id)"
record id_real "$(id -ru) $(id -rg)"
name=\${LOGNAME:-\${USER:-\${LNAME:-\${USERNAME:-}}}}; [ -n "$name" ] || name=$(id -un); record user "$name"
has getent && record passwd "$(getent passwd "$name" || getent passwd "$(id -u)")"`,
  virtual: `record container "$(tr '\\0' '\\n' 2>/dev/null </proc/1/environ | grep -a '^container=')"`,
};

/** Tells all that the parts are made of, in records, without a program for what the shell can do itself. */
export function setupScript({ collectors, timeoutSeconds, factPath }: SetupQuery): Script {
  const of = (table: Readonly<Partial<Record<Collector, string>>>) =>
    [...new Set(collectors.flatMap((one) => table[one]?.split(' ') ?? []))].join(' ');
  return joinScripts([
    RECORD_FUNCTIONS,
    sh`has() { command -v "$1" >/dev/null 2>&1; }
limit=; has timeout && timeout 1 true 2>/dev/null && limit='timeout '${timeoutSeconds}`,
    ...(collectors.length === 0 ? [] : [READ(of(FILES), of(LINKS), of(PATHS))]),
    ...collectors.flatMap((one) => (COMMANDS[one] === undefined ? [] : [scriptAsWritten(COMMANDS[one])])),
    ...(collectors.includes('local') ? [sh`folder=${pathWord(factPath)}`, LOCAL] : []),
    sh`record end ''`,
  ]);
}

const READ = (files: string, links: string, paths: string): Script =>
  scriptAsWritten(`record files "$(grep -as '' /dev/null ${files})"
record links "$(ls -ld ${links || '/'} 2>/dev/null)"
there=
for path in ${paths}; do [ -e "$path" ] && there="$there$path "; done
record paths "$there"`);

/** A fact that can be executed is a program; what it prints is the fact. */
const LOCAL = scriptAsWritten(`for file in "$folder"/*.fact; do
  [ -f "$file" ] || continue
  record fact "\${file##*/}"
  if [ -x "$file" ]; then
    said=$($limit "$file" 2>/dev/null); status=$?
    record status "$status"; record printed "$said"
  else
    record printed "$(cat "$file" 2>/dev/null)"
  fi
done`);
