import { defineFact } from '../core/fact.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { type HostRecord, hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** Sets `stamp` to the file whose time tells when apt's lists were read. */
export const APT_STAMP = scriptAsWritten(
  `stamp=/var/lib/apt/periodic/update-success-stamp; [ -e "$stamp" ] || stamp=/var/lib/apt/lists`,
);

export const PACKAGE_MANAGERS = ['apt', 'dnf', 'yum', 'apk', 'zypper'] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

export interface PackagesQuery {
  /** Undefined for the host's own. */
  readonly manager?: PackageManager | undefined;
  /** As a playbook writes them, with a version or without. */
  readonly names: readonly string[];
  /** Whether newer ones are looked for. */
  readonly latest: boolean;
}

export interface PackageState {
  readonly name: string;
  readonly installed: boolean;
  /** A newer one can be had; false where nobody asked. */
  readonly outdated: boolean;
  /** It is gone, but for its files of configuration. */
  readonly leftovers: boolean;
  /** Nobody has such a package to install. */
  readonly unknown: boolean;
}

export interface HostPackages {
  readonly manager: PackageManager;
  readonly packages: readonly PackageState[];
  /** Seconds since the lists of what there is were read; undefined where the manager does not say. */
  readonly listsAge: number | undefined;
  /** When that was, in seconds since 1970 by the host's clock. */
  readonly listsReadAt: number | undefined;
}

/** Which packages are installed, by the host's own package manager. */
export const hostPackages = defineFact<PackagesQuery, HostPackages>({
  name: 'host.packages',
  about: 'whether packages are installed, and whether newer ones can be had: apt, dnf, yum, apk, zypper',
  mostBytes: 16 * 1024 * 1024,
  script: ({ manager, names, latest }) => sh`${RECORD_FUNCTIONS}
has() { command -v "$1" >/dev/null 2>&1; }
manager=${manager ?? ''}; latest=${latest ? 'yes' : ''}
if [ -z "$manager" ]; then
  if has apt-get && has dpkg-query; then manager=apt
  elif has dnf; then manager=dnf
  elif has yum; then manager=yum
  elif has apk; then manager=apk
  elif has zypper; then manager=zypper
  else echo 'this host has none of apt, dnf, yum, apk, zypper' >&2; exit 1; fi
fi
record manager "$manager"
case $manager in
apt)
  ${joined(names, APT)} ;;
dnf | yum | zypper)
  ${joined(names, RPM)} ;;
apk)
  ${joined(names, APK)} ;;
esac
record end ''`,
  parse(_, { names }, bytes) {
    const records = hostRecords(bytes);
    const manager = PACKAGE_MANAGERS.find((one) => one === textOf(records, 'manager'));
    if (manager === undefined) throw new Error('the host told no package manager');
    const packages = manager === 'apt' ? names.map((name) => ofApt(name, records)) : ofOthers(names, records);
    const lists = /^(-?\d+) (\d+)$/.exec(textOf(records, 'lists') ?? '');
    return {
      manager,
      packages,
      listsAge: lists ? Number(lists[1]) : undefined,
      listsReadAt: lists ? Number(lists[2]) : undefined,
    };
  },
});

function joined(names: readonly string[], script: Script): Script {
  return sh`set -- ${names.length === 0 ? scriptAsWritten('') : names}
${script}`;
}

/** Virtual packages, and what could be installed, are looked for only where a package is missing. */
const APT = scriptAsWritten(`has dpkg-query || { echo 'this host has no dpkg' >&2; exit 1; }
  ${APT_STAMP.text}
  [ ! -e "$stamp" ] || { read_at=$(stat -c %Y "$stamp"); record lists "$(($(date +%s) - read_at)) $read_at"; }
  bare=
  for name in "$@"; do bare="$bare \${name%%=*}"; done
  set -f
  if [ "$#" -gt 0 ]; then
    found=$(dpkg-query -W -f '\${Package} \${Architecture} \${Version} \${db:Status-Status}\\n' -- $bare 2>/dev/null); missing=$?
    record dpkg "$found"
    [ "$missing" -eq 0 ] || record provided "$(dpkg-query -W -f '\${db:Status-Status} \${Provides}\\n' | grep '^installed .')"
    [ "$missing" -eq 0 ] && [ -z "$latest" ] || record policy "$(apt-cache policy -- $bare 2>/dev/null)"
  fi`);

const RPM = scriptAsWritten(`has rpm || { echo 'this host has no rpm' >&2; exit 1; }
  for name in "$@"; do
    if rpm -q -- "$name" >/dev/null 2>&1 || rpm -q --whatprovides -- "$name" >/dev/null 2>&1; then
      there=installed
      if [ -n "$latest" ] && [ "$manager" != zypper ]; then
        "$manager" -q -y check-update "$name" >/dev/null 2>&1
        case $? in 0) ;; 100) there=outdated ;; *) echo "cannot look for updates of $name" >&2; exit 1 ;; esac
      fi
    else
      there=missing
    fi
    record state "$there"
  done`);

const APK = scriptAsWritten(`has apk || { echo 'this host has no apk' >&2; exit 1; }
  for name in "$@"; do
    if apk info -e "$name" >/dev/null 2>&1; then
      there=installed
      [ -z "$latest" ] || [ -z "$(apk version -q -l '<' "$name" 2>/dev/null)" ] || there=outdated
    else
      there=missing
    fi
    record state "$there"
  done`);

function textOf(records: readonly HostRecord[], name: string): string | undefined {
  const record = records.find((one) => one.name === name);
  return record && recordText(record);
}

function ofOthers(names: readonly string[], records: readonly HostRecord[]): PackageState[] {
  const states = records.filter(({ name }) => name === 'state').map(recordText);
  if (states.length !== names.length) throw new Error('the host did not tell of every package');
  return names.map((name, at) => ({
    name,
    installed: states[at] !== 'missing',
    outdated: states[at] === 'outdated',
    leftovers: false,
    unknown: false,
  }));
}

/** A package that another provides counts as installed, unless a version is asked for. */
function ofApt(name: string, records: readonly HostRecord[]): PackageState {
  const [bare = '', version] = name.split('=');
  const [plain = '', architecture] = bare.split(':');
  const rows = (textOf(records, 'dpkg') ?? '').split('\n').map((line) => line.split(' '));
  const own = rows.filter(
    ([is, on, , status]) =>
      is === plain && status === 'installed' && (architecture === undefined || on === architecture),
  );
  const provides = (textOf(records, 'provided') ?? '').split('\n').flatMap((line) => line.split(/[ ,]+/));
  const { candidate, known } = policyOf(textOf(records, 'policy') ?? '', bare);
  const installed =
    version === undefined ? own.length > 0 || provides.includes(plain) : own.some((row) => row[2] === version);
  return {
    name,
    installed,
    outdated:
      version === undefined && own.length > 0 && candidate !== undefined && own.every((row) => row[2] !== candidate),
    leftovers: rows.some(([is, , , status]) => is === plain && status === 'config-files'),
    unknown: !installed && textOf(records, 'policy') !== undefined && !known,
  };
}

/** The part of `apt-cache policy` about a package. */
function policyOf(text: string, name: string): { candidate: string | undefined; known: boolean } {
  const lines = text.split('\n');
  const start = lines.indexOf(`${name}:`);
  if (start < 0) return { candidate: undefined, known: false };
  const candidate = /^\s+Candidate: (\S+)/.exec(lines[start + 2] ?? '')?.[1];
  const none = candidate === undefined || candidate === '(none)';
  return { candidate: none ? undefined : candidate, known: !none };
}
