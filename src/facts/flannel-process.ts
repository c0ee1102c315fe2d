import { ABSENT, defineFact } from '../core/fact.js';
import { MASK } from '../core/mask.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { looksSecret } from '../core/secret-names.js';
import type { FlanneldProcess } from '../flannel/flanneld-process.js';
import { FLANNELD_PIDS } from './flannel-pids.js';
import { FULL_PATH } from './host-path.js';
import { type HostRecord, hostRecords, printedRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** The running flanneld: its words, its `FLANNELD_*` variables, and where it runs. Absent where none runs. */
export const flannelProcess = defineFact({
  name: 'flannel.process',
  about: 'the running flanneld: arguments, FLANNELD_ variables, unit, container or not',
  script: (_query: Record<string, never>) =>
    joinScripts([
      FULL_PATH,
      RECORD_FUNCTIONS,
      FLANNELD_PIDS,
      sh`pids=$(flanneld_pids)
[ -n "$pids" ] || exit ${ABSENT}`,
      RECORD_PROCESSES,
    ]),
  withheld: (answer) => printedRecords(hostRecords(answer).map(withoutSecretWords)),
  parse: (_stdout, _query, bytes): FlanneldProcess => processOf(bytes),
});

// A shell variable holds no NUL: \001 stands for a line feed, and the line feed for the NUL.
const RECORD_PROCESSES = scriptAsWritten(`
uptime= rest=
read -r uptime rest </proc/uptime
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)
ours=$(readlink /proc/self/ns/pid)
for pid in $pids; do
  words=$(tr '\\012\\000' '\\001\\012' 2>/dev/null <"/proc/$pid/cmdline"; echo .)
  [ "$words" = . ] && continue
  record process "$pid"
  record words "\${words%.}"
  record environment "$(tr '\\012\\000' '\\001\\012' 2>/dev/null <"/proc/$pid/environ" | grep '^FLANNELD_')"
  record cgroup "$(cat "/proc/$pid/cgroup" 2>/dev/null)"
  theirs=$(readlink "/proc/$pid/ns/pid")
  if [ "$ours" = "$theirs" ]; then record namespace same; else record namespace other; fi
  record age "$uptime $ticks $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)"
done
record end ''`);

/** A command line and an environment without the values that stand under the names of secrets. */
function withoutSecretWords(record: HostRecord): HostRecord {
  if (record.name !== 'words' && record.name !== 'environment') return record;
  const lines = recordText(record).split('\n');
  const shown = lines.map((line, index) => {
    const name = /^[\w.-]+(?==)/.exec(line)?.[0];
    if (name !== undefined) return looksSecret(name) && line.length > name.length + 1 ? `${name}=${MASK}` : line;
    const before = lines[index - 1] ?? '';
    return line !== '' && /^--?[\w.-]+$/.test(before) && looksSecret(before) ? MASK : line;
  });
  return { ...record, bytes: Buffer.from(shown.join('\n')) };
}

function processOf(bytes: Buffer): FlanneldProcess {
  const processes: Map<string, string>[] = [];
  for (const record of hostRecords(bytes)) {
    if (record.name === 'process') processes.push(new Map());
    const last = processes.at(-1);
    if (last === undefined) throw new Error('a record stands before the first process');
    last.set(record.name, recordText(record));
  }
  const found = processes.map(oneProcess);
  // A service of the host's own is what a unit's rewrite is about; what somebody started by hand, and a pod's, come after it.
  const own = found.filter(({ container }) => !container);
  const best = own.find(({ unit }) => unit !== undefined) ?? own[0] ?? found[0];
  if (best === undefined) throw new Error('flanneld ended while it was looked at');
  return { ...best, others: found.filter(({ pid }) => pid !== best.pid).map(({ pid }) => pid) };
}

function oneProcess(values: ReadonlyMap<string, string>): Omit<FlanneldProcess, 'others'> {
  const cgroup = values.get('cgroup') ?? '';
  const pid = Number(values.get('process'));
  if (!Number.isInteger(pid) || !values.has('age')) throw new Error('the record of a process is not whole');
  return {
    pid,
    argv: words(values.get('words') ?? ''),
    environment: Object.fromEntries(
      words(`${values.get('environment') ?? ''}\n`)
        .filter((word) => word.startsWith('FLANNELD_') && word.includes('='))
        .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
    container: values.get('namespace') === 'other' || /docker|kubepods|containerd|libpod|crio/.test(cgroup),
    unit: /^(?!.*\/user@).*\/([^/\n]+\.service)$/m.exec(cgroup)?.[1],
    ageSeconds: ageOf(values.get('age') as string),
  };
}

/** Each word ends with a line feed, which stands for the NUL. */
function words(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((word) => word.replaceAll('\u0001', '\n'));
}

/** @param text uptime in seconds, clock ticks a second, then `/proc/PID/stat` from the state on: started is field 22 */
function ageOf(text: string): number | undefined {
  const [uptime, ticks, ...fields] = text.split(' ');
  const age = Number(uptime) - Number(fields[19]) / Number(ticks);
  return Number.isFinite(age) && age >= 0 ? Math.round(age * 100) / 100 : undefined;
}
