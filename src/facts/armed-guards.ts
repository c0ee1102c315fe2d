import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import { FULL_PATH } from './host-path.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** Where guards are kept on a host. */
export const GUARD_FOLDER = '/run/fix-flannel/guards';

/** A guard of a run, as it stands on a host. */
export interface Guard {
  /** The run that armed it. */
  readonly run: string;
  /**
   * `armed`: it waits for its time. `restoring`: it puts the host back. `done`, `failed`: it has. `left`: it was not
   * armed to the end, or a confirmation was broken off; it does nothing any more.
   */
  readonly state: 'armed' | 'restoring' | 'done' | 'failed' | 'left';
  /** Seconds until it fires; 0 where that is over. */
  readonly leftSeconds: number;
  /** What it could not put back. */
  readonly why: string;
  /** Units that ran when it was armed and do not run now. */
  readonly down: readonly string[];
}

/** The guards on a host: what it was told to put back unless somebody confirms. Absent where there are none. */
export const armedGuards = defineFact<{ folder?: string | undefined }, readonly Guard[]>({
  name: 'host.armed_guards',
  about: 'guards that runs have armed on a host, and when they put it back',
  script: ({ folder = GUARD_FOLDER }) =>
    joinScripts([FULL_PATH, RECORD_FUNCTIONS, sh`base=${folder}`, RECORD_GUARDS(ABSENT)]),
  parse: (_stdout, _query, bytes) => guardsOf(bytes),
});

const RECORD_GUARDS = (absentStatus: number) =>
  scriptAsWritten(`
parent=\${base%/*}
if [ -d "$parent" ] && [ ! -x "$parent" ]; then echo "cannot look into $parent" >&2; exit 1; fi
[ -d "$base" ] || exit ${absentStatus}
if [ ! -r "$base" ] || [ ! -x "$base" ]; then echo "cannot look into $base" >&2; exit 1; fi
read -r now rest </proc/uptime 2>/dev/null && now=\${now%.*} || now=$(date +%s)
found=
for d in "$base"/*; do
  [ -d "$d" ] && [ ! -L "$d" ] || continue
  found=1
  record guard "\${d##*/}"
  record now "$now"
  record until "$(cat "$d/until" 2>/dev/null)"
  record claimed "$([ ! -e "$d/claimed" ] || cat "$d/claimed/by" 2>/dev/null || echo guard)"
  record outcome "$(cat "$d/outcome" 2>/dev/null)"
  record down "$([ ! -e "$d/units" ] || while read -r unit was rest; do
    [ "$was" != active ] || systemctl is-active -q -- "$unit" </dev/null || printf '%s ' "$unit"
  done <"$d/units")"
done
[ -n "$found" ] || exit ${absentStatus}
record end ''`);

const FIELDS = ['guard', 'now', 'until', 'claimed', 'outcome', 'down'] as const;

function guardsOf(bytes: Buffer): Guard[] {
  const records = hostRecords(bytes);
  const guards: Guard[] = [];
  for (let at = 0; at < records.length; at += FIELDS.length) {
    const [run, now, until, claimed, outcome, down] = FIELDS.map((name, offset) => {
      const record = records[at + offset];
      if (record?.name !== name) throw new Error('the record of a guard is not whole');
      return recordText(record);
    }) as [string, string, string, string, string, string];
    const [said = '', ...why] = outcome.split('\n');
    guards.push({
      run,
      state: stateOf(until, claimed.trim(), said),
      leftSeconds: secondsBetween(now, until),
      why: why.join('; ').trim(),
      down: down.split(' ').filter((unit) => unit !== ''),
    });
  }
  return guards;
}

function stateOf(until: string, claimed: string, said: string): Guard['state'] {
  if (said === 'done' || said === 'failed') return said;
  if (claimed === 'run') return 'left';
  if (claimed !== '') return 'restoring';
  return /^\d+$/.test(until.trim()) ? 'armed' : 'left';
}

function secondsBetween(now: string, until: string): number {
  const seconds = Number(until) - Number(now);
  return Number.isFinite(seconds) && until.trim() !== '' ? Math.max(0, seconds) : 0;
}
