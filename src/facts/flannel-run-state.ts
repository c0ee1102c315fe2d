import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { RunFile, RunState } from '../flannel/run-state.js';
import { FULL_PATH } from './host-path.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/**
 * The files of flannel's run state, and which of them carry a lease. A file that flanneld did not write stays out of
 * harm's way: on Container Linux `/run/flannel/options.env` is the only copy of its configuration. Outside of
 * `/run/flannel` a file counts as flanneld's only where nobody but root can have put it there, and where every line of
 * it is an assignment: `-subnet-file` is a word on somebody's command line, and no leave to clear `/etc/passwd`.
 */
export const flannelRunState = defineFact({
  name: 'flannel.run_state',
  about: 'the files below /run/flannel and those derived from them, and which of them flanneld generated',
  mostBytes: 8 * 1024 * 1024,
  script: ({ subnetFile = DEFAULT_SUBNET_FILE }: { subnetFile?: string | undefined }) =>
    joinScripts([FULL_PATH, RECORD_FUNCTIONS, sh`subnet_file=${subnetFile}`, RECORD_FILES]),
  parse: (_stdout, _query, bytes): RunState => runState(bytes),
});

/** flanneld's `-subnet-file` where nothing else is said. */
export const DEFAULT_SUBNET_FILE = '/run/flannel/subnet.env';

// Contents stay on the host: they may hold passwords. Only what they are about is told.
const RECORD_FILES = scriptAsWritten(`
roots() {
  place=$1
  while [ -n "$place" ]; do
    case "$(ls -ldn "$place" | { read -r mode links uid rest; printf '%s %s' "$mode" "$uid"; })" in
      ????????w[tT]*' 0') ;;
      ????????w*) return 1 ;;
      *' 0') ;;
      *) return 1 ;;
    esac
    place=\${place%/*}
  done
}
is_foreign() {
  case "$1" in /run/flannel/*) return 1 ;; esac
  roots "$1" || return 0
  grep -q -v -e '^[[:space:]]*$' -e '^[[:space:]]*#' -e '^[A-Z][A-Z0-9_]*=' "$1"
}
now=$(date +%s)
subnet_file=$(readlink -f "$subnet_file" 2>/dev/null || printf '%s' "$subnet_file")
record subnet_file "$subnet_file"
for file in "$subnet_file" /run/flannel/* /run/flannel/*/* "\${subnet_file%/*}"/networks/* /run/docker_opts.env /run/docker-opts.env; do
  [ -f "$file" ] || continue
  record file "$(readlink -f "$file")"
  record changed "$now $(stat -L -c %Y "$file" 2>/dev/null)"
  marks=
  grep -q '^FLANNEL_SUBNET=\\|^FLANNEL_NETWORK=' "$file" 2>/dev/null && marks="$marks lease"
  grep -q -e '--bip=' "$file" 2>/dev/null && marks="$marks bip"
  grep -q '^[[:space:]]*\\(export[[:space:]]\\+\\)\\{0,1\\}FLANNELD_\\|-etcd-\\|ETCD_' "$file" 2>/dev/null && marks="$marks settings"
  is_foreign "$(readlink -f "$file")" && marks="$marks foreign"
  record marks "$marks"
done
record named "$(grep -rhs '^[[:space:]]*EnvironmentFile[[:space:]]*=' /etc/systemd/system /run/systemd/system \\
  /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system | grep /run/ | sort -u)"
record end ''`);

function runState(bytes: Buffer): RunState {
  const records = hostRecords(bytes).map((record) => ({ name: record.name, text: recordText(record) }));
  const subnetFile = records.find(({ name }) => name === 'subnet_file')?.text ?? '';
  const named = namedPaths(records.find(({ name }) => name === 'named')?.text ?? '');
  const files = new Map<string, RunFile>();
  for (const [index, { name, text: path }] of records.entries()) {
    if (name !== 'file') continue;
    const [changed, marks] = [records[index + 1], records[index + 2]];
    if (changed?.name !== 'changed' || marks?.name !== 'marks') throw new Error(`the record of ${path} is not whole`);
    files.set(path, runFile(path, { subnetFile, marks: marks.text, changed: changed.text, named }));
  }
  return { files: [...files.values()] };
}

function runFile(
  path: string,
  about: { subnetFile: string; marks: string; changed: string; named: ReadonlySet<string> },
): RunFile {
  const marks = about.marks.split(' ');
  const times = /^(\d+) (\d+)$/.exec(about.changed);
  const kind = kindOf(path, about.subnetFile, marks);
  return {
    path,
    kind,
    generated: kind === 'subnet file' || kind === 'network' || kind === 'docker options',
    namedByUnit: about.named.has(path),
    ageSeconds: times === null ? undefined : Math.max(0, Number(times[1]) - Number(times[2])),
  };
}

function kindOf(path: string, subnetFile: string, marks: readonly string[]): RunFile['kind'] {
  if (marks.includes('settings')) return 'configuration';
  if (marks.includes('foreign')) return 'other';
  if (path === subnetFile) return 'subnet file';
  if (marks.includes('lease')) return /\/networks\/[^/]+$/.test(path) ? 'network' : 'subnet file';
  return marks.includes('bip') ? 'docker options' : 'other';
}

/** The paths of `EnvironmentFile=` lines, with /var/run as the /run that it leads to. */
function namedPaths(text: string): Set<string> {
  const paths = text.split('\n').flatMap((line) =>
    line
      .slice(line.indexOf('=') + 1)
      .trim()
      .split(/\s+/),
  );
  return new Set(
    paths.map((path) =>
      path
        .replace(/^-/, '')
        .replaceAll('"', '')
        .replace(/^\/var\/run\//, '/run/'),
    ),
  );
}
