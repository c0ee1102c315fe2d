import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { EnvironmentFile, FlanneldUnit, HostFile } from '../flannel/unit.js';
import { FLANNELD_PIDS } from './flannel-pids.js';
import { FULL_PATH } from './host-path.js';
import {
  type FileRecord,
  fileRecordAt,
  type HostRecord,
  hostRecords,
  RECORD_FUNCTIONS,
  recordText,
} from './host-records.js';

/**
 * flanneld's unit: the one named, else the one in whose cgroup a flanneld runs, else flanneld.service or
 * flannel.service. Absent where the host's init is not systemd; a unit that nobody wrote has loadState `not-found`.
 */
export const flannelUnit = defineFact({
  name: 'flannel.unit',
  about: "flanneld's systemd unit: fragment, drop-ins, environment files, state",
  mostBytes: 8 * 1024 * 1024,
  script: ({ name }: { name?: string | undefined }) =>
    joinScripts([
      FULL_PATH,
      sh`{ command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; } || exit ${ABSENT}`,
      RECORD_FUNCTIONS,
      FLANNELD_PIDS,
      sh`units=${name === undefined ? '' : unitName(name)}`,
      COLLECT_UNITS,
      SHOW_UNITS,
    ]),
  parse: (_stdout, { name }, bytes): FlanneldUnit => {
    const found = unitsOf(hostRecords(bytes));
    return bestOf(name === undefined ? found.filter(looksLikeFlannel) : found, name ?? 'flanneld.service');
  },
});

/** `flanneld` and `flanneld.service` are the same unit to systemctl and to us. */
function unitName(unit: string): string {
  return /\.[a-z]+$/.test(unit) ? unit : `${unit}.service`;
}

// Processes of users, and those of a container engine, are in no unit of flanneld's.
const COLLECT_UNITS = scriptAsWritten(`
if [ -z "$units" ]; then
  for pid in $(flanneld_pids); do
    while IFS=: read -r id controllers path; do
      name=\${path##*/}
      case "$path" in
        */user@*.service*) ;;
        *.service) case " $units " in *" $name "*) ;; *) units="$units $name" ;; esac ;;
      esac
    done 2>/dev/null <"/proc/$pid/cgroup"
  done
  for name in flanneld.service flannel.service; do
    case " $units " in *" $name "*) ;; *) units="$units $name" ;; esac
  done
fi`);

const SHOW_UNITS = scriptAsWritten(`
set -f
for unit in $units; do
  properties=$(systemctl show --no-pager -p Id -p LoadState -p ActiveState -p SubState -p UnitFileState -p MainPID \\
    -p NeedDaemonReload -p FragmentPath -p DropInPaths -p EnvironmentFiles -p ExecStart -- "$unit" 2>&1) ||
    { printf '%s\\n' "$properties" >&2; exit 1; }
  record unit "$unit"
  record properties "$properties"
  printf '%s\\n' "$properties" | while IFS= read -r line; do
    value=\${line#*=}
    case "$line" in
      FragmentPath=/*) record_file fragment "$value" ;;
      DropInPaths=/*) for file in $value; do record_file drop_in "$file"; done ;;
      EnvironmentFile=* | EnvironmentFiles=*)
        pattern=\${value% (ignore_errors=*}
        record environment "$value"
        set +f; IFS_BEFORE=$IFS; IFS=
        for file in $pattern; do record_file environment_file "$file"; done
        IFS=$IFS_BEFORE; set -f ;;
      ExecStart=*)
        program=\${value#*path=}
        program=\${program%% ; argv*}
        [ -f "$program" ] && [ "$(head -c 2 "$program" 2>/dev/null | tr -d '\\000')" = '#!' ] && record_file program "$program" ;;
    esac
  done
done
record end ''`);

interface ShownUnit {
  readonly properties: ReadonlyMap<string, readonly string[]>;
  readonly files: readonly (FileRecord & { readonly environment: string })[];
}

function unitsOf(records: readonly HostRecord[]): ShownUnit[] {
  const units: { properties: ReadonlyMap<string, readonly string[]>; files: ShownUnit['files'][number][] }[] = [];
  let environment = '';
  let index = 0;
  while (index < records.length) {
    const record = records[index] as HostRecord;
    const unit = units.at(-1);
    if (record.name === 'unit') units.push({ properties: new Map(), files: [] });
    else if (unit === undefined) throw new Error('a record stands before the first unit');
    else if (record.name === 'properties') unit.properties = propertiesOf(recordText(record));
    else if (record.name === 'environment') environment = recordText(record);
    else {
      const { found, next } = fileRecordAt(records, index);
      unit.files.push({ ...found, environment });
      index = next;
      continue;
    }
    index++;
  }
  return units;
}

/** `systemctl show` lines; a property may stand there several times. */
function propertiesOf(text: string): Map<string, string[]> {
  const properties = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const parts = /^([A-Za-z]+)=(.*)$/s.exec(line);
    if (parts === null) continue;
    const name = parts[1] as string;
    const values = properties.get(name) ?? [];
    values.push(parts[2] as string);
    properties.set(name, values);
  }
  return properties;
}

function property(unit: ShownUnit, name: string): string {
  return unit.properties.get(name)?.[0] ?? '';
}

/** The unit of a supervisor, of cron or of a container engine has a flanneld in it and is still not flanneld's. */
function looksLikeFlannel(unit: ShownUnit): boolean {
  if (/^flannel/.test(property(unit, 'Id'))) return true;
  return (
    /flannel/.test(property(unit, 'ExecStart')) || unit.files.some(({ file }) => /flanneld/.test(file?.text ?? ''))
  );
}

function bestOf(units: readonly ShownUnit[], wanted: string): FlanneldUnit {
  const rank = (unit: ShownUnit) => {
    const load = property(unit, 'LoadState');
    if (property(unit, 'ActiveState') === 'active') return 0;
    return load === 'loaded' ? 1 : load === 'not-found' ? 3 : 2;
  };
  const [best] = [...units].sort((one, other) => rank(one) - rank(other));
  if (best === undefined) throw new Error(`systemctl said nothing of ${printableLine(wanted, 80)}`);
  return unitOf(best);
}

function unitOf(unit: ShownUnit): FlanneldUnit {
  const loadState = property(unit, 'LoadState');
  if (loadState === '') throw new Error('systemctl names no LoadState');
  const pid = Number(property(unit, 'MainPID') || '0');
  const named = (name: string) => unit.files.filter((file) => file.name === name);
  const must = ({ path, file }: FileRecord): HostFile => {
    if (file === undefined) throw new Error(`cannot read ${path}`);
    return file;
  };
  const fragment = named('fragment')[0];
  return {
    name: property(unit, 'Id'),
    loadState,
    activeState: property(unit, 'ActiveState'),
    subState: property(unit, 'SubState'),
    unitFileState: property(unit, 'UnitFileState'),
    mainPid: pid > 0 ? pid : undefined,
    needDaemonReload: property(unit, 'NeedDaemonReload') === 'yes',
    // A masked unit's fragment is /dev/null, a deleted one's is gone: neither is a file to read.
    fragment: loadState === 'loaded' && fragment !== undefined ? must(fragment) : fragment?.file,
    dropIns: named('drop_in').map(must),
    environmentFiles: named('environment_file').map(environmentFile),
    program: named('program')[0]?.file,
  };
}

function environmentFile({ path, file, environment }: ShownUnit['files'][number]): EnvironmentFile {
  return { path, optional: environment.endsWith('(ignore_errors=yes)'), file };
}
