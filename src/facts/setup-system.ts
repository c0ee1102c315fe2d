import { type Facts, known, whole, wordsOf } from './setup-facts.js';
import { assignments, type SetupSource } from './setup-source.js';

/** `/etc/resolv.conf`. */
export function dnsFacts(source: SetupSource): Facts {
  const dns: Record<string, unknown> = {};
  const nameservers: string[] = [];
  for (const line of source.lines('/etc/resolv.conf')) {
    if (/^[#;]/.test(line)) continue;
    const [key, ...values] = wordsOf(line);
    if (key === 'nameserver') nameservers.push(...values);
    else if (key === 'domain' && values.length > 0) dns.domain = values[0];
    else if (key === 'search' || key === 'sortlist') dns[key] = values;
    else if (key === 'options') dns.options = Object.fromEntries(values.map(dnsOption));
  }
  return { dns: { ...(nameservers.length > 0 ? { nameservers } : {}), ...dns } };
}

function dnsOption(word: string): [string, string | true] {
  const [name = '', value] = word.split(/:(.*)/s);
  return [name, value || true];
}

/** The kernel's command line: the last of each name, and all of them. */
export function cmdlineFacts(source: SetupSource): Facts {
  const text = source.file('/proc/cmdline');
  if (text === undefined) return {};
  const last = new Map<string, string | true>();
  const all = new Map<string, string | true | (string | true)[]>();
  for (const piece of pieces(text)) {
    const [name = '', value] = piece.split(/=(.*)/s);
    last.set(name, value ?? true);
    const before = all.get(name);
    if (before === undefined || value === undefined) all.set(name, value ?? true);
    else all.set(name, Array.isArray(before) ? [...before, value] : [before, value]);
  }
  return { cmdline: Object.fromEntries(last), proc_cmdline: Object.fromEntries(all) };
}

/** Words, in which quotes hold space together and stay. */
function pieces(text: string): string[] {
  return text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
}

/** What the kernel lets this session do; `N/A` where no program tells. */
export function capabilityFacts(source: SetupSource): Facts {
  const current = source
    .said('capsh')
    ?.split('\n')
    .find((line) => line.startsWith('Current:'));
  if (current === undefined) return { system_capabilities: 'N/A', system_capabilities_enforced: 'N/A' };
  const value = current.slice('Current:'.length).trim();
  if (value === '=ep') return { system_capabilities: [], system_capabilities_enforced: 'False' };
  const list = value.split('=')[1] ?? '';
  return {
    system_capabilities: list.split(',').map((name) => name.trim()),
    system_capabilities_enforced: 'True',
  };
}

/** SELinux, from the kernel's files and its configuration; there is no Python library to ask. */
export function selinuxFacts(source: SetupSource): Facts {
  if (!source.has('/sys/fs/selinux/enforce')) return { selinux: { status: 'disabled' }, selinux_python_present: false };
  const config = assignments(source.lines('/etc/selinux/config'));
  const enforce = source.file('/sys/fs/selinux/enforce');
  const modes: Readonly<Record<string, string>> = { '0': 'permissive', '1': 'enforcing' };
  const set = config.get('SELINUX')?.trim() ?? '';
  return {
    selinux: {
      status: 'enabled',
      policyvers: whole(source.file('/sys/fs/selinux/policyvers')) ?? 'unknown',
      config_mode: ['enforcing', 'permissive', 'disabled'].includes(set) ? set : 'unknown',
      mode: modes[enforce ?? ''] ?? 'unknown',
      type: config.get('SELINUXTYPE')?.trim() || 'unknown',
    },
    selinux_python_present: false,
  };
}

/** Whether the root that this session sees is not the first process's. */
export function chrootFacts(source: SetupSource): Facts {
  if (source.said('debian_chroot') !== undefined) return { is_chroot: true };
  const [own, first] = (source.said('roots') ?? '').split('\n');
  if (own && first) return { is_chroot: own !== first };
  const type = source.said('root_type') ?? '';
  const inode = type.includes('btrfs') ? '256' : type.includes('xfs') ? '128' : '2';
  return { is_chroot: own?.split(':')[1] !== inode };
}

export function fipsFacts(source: SetupSource): Facts {
  return { fips: source.file('/proc/sys/crypto/fips_enabled') === '1' };
}

export function apparmorFacts(source: SetupSource): Facts {
  return { apparmor: { status: source.has('/sys/kernel/security/apparmor') ? 'enabled' : 'disabled' } };
}

export function loadFacts(source: SetupSource): Facts {
  const [one, five, fifteen] = wordsOf(source.file('/proc/loadavg') ?? '').map(Number);
  return fifteen === undefined || Number.isNaN(fifteen) ? {} : { loadavg: { '1m': one, '5m': five, '15m': fifteen } };
}

/** The public keys of the SSH server, from the first folder that has any. */
export function hostKeyFacts(source: SetupSource): Facts {
  for (const folder of ['/etc/ssh', '/etc/openssh', '/etc']) {
    const keys = ['dsa', 'rsa', 'ecdsa', 'ed25519'].map((kind): Facts => {
      const [type, key] = wordsOf(source.file(`${folder}/ssh_host_${kind}_key.pub`) ?? '');
      const name = `ssh_host_key_${kind}_public`;
      return key === undefined ? {} : { [name]: key, [`${name}_keytype`]: type };
    });
    if (keys.some((found) => Object.keys(found).length > 0)) return Object.assign({}, ...keys);
  }
  return {};
}

/** Names of the host in storage networks. */
export function fibreChannelFacts(source: SetupSource): Facts {
  const ports = source.files.filter((path) => /^\/sys\/class\/fc_host\/[^/]+\/port_name$/.test(path));
  return { fibre_channel_wwn: ports.map((path) => (source.file(path) ?? '').slice(2)) };
}

export function iscsiFacts(source: SetupSource): Facts {
  const line = source.lines('/etc/iscsi/initiatorname.iscsi').find((each) => each.startsWith('InitiatorName='));
  return { iscsi_iqn: line?.split('=')[1]?.trim() ?? '' };
}

export function nvmeFacts(source: SetupSource): Facts {
  const line = source.lines('/etc/nvme/hostnqn').find((each) => each.trim().startsWith('nqn.'));
  return { hostnqn: line?.trim() ?? '' };
}

/** The environment of the session. */
export function environmentFacts(source: SetupSource): Facts {
  const pairs = (source.said('environ') ?? '').split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    // The script tells line ends inside of a value by another character.
    return at <= 0 ? [] : [[line.slice(0, at), line.slice(at + 1).replaceAll('\u0001', '\n')]];
  });
  return { env: Object.fromEntries(pairs) };
}

/** The user that the session is of. */
export function userFacts(source: SetupSource): Facts {
  const id = source.said('id') ?? '';
  const number = (name: string) => whole(new RegExp(`\\b${name}=(\\d+)`).exec(id)?.[1]);
  const uid = number('euid') ?? number('uid');
  const [realUid, realGid] = wordsOf(source.said('id_real') ?? '').map(Number);
  const name = source.said('user') ?? '';
  const entries = [...(source.said('passwd')?.split('\n') ?? []), ...source.lines('/etc/passwd')].map((line) =>
    line.split(':'),
  );
  const entry = entries.find((fields) => fields[0] === name) ?? entries.find((fields) => whole(fields[2]) === uid);
  return {
    user_id: name,
    ...known('user_uid', whole(entry?.[2])),
    ...known('user_gid', whole(entry?.[3])),
    ...known('user_gecos', entry?.[4]),
    ...known('user_dir', entry?.[5]),
    ...known('user_shell', entry?.[6]),
    real_user_id: realUid,
    effective_user_id: uid,
    real_group_id: realGid,
    // Ansible tells the real group here too.
    effective_group_id: realGid,
  };
}
