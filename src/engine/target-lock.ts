import { FixError } from '../core/error.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { LockHolder } from '../flannel/cluster-lock.js';
import { lockHolderText, parseLockHolder } from '../flannel/lock-holder.js';

/**
 * A lock on a target host, held by one run for one user of that host.
 *
 * A folder of that user holds a file for each holding, its generation: `7` has `UNTIL TTL RUN` on its first line (epoch
 * seconds by the host's clock; seconds) and the holder as JSON on the second. The highest rules. The next is made by
 * `ln`, whole and only where there is none, so exactly one of many gets it; renewing replaces it by `mv`; given back,
 * it is empty. The last few stay, so that one who looked long ago cannot make an old number again.
 */
export interface TargetHolding {
  readonly folder: string;
  readonly generation: number;
  readonly run: string;
}

export type TargetAttempt =
  | { readonly kind: 'held'; readonly holding: TargetHolding }
  | { readonly kind: 'taken'; readonly by: LockHolder | undefined; readonly secondsLeft: number | undefined }
  /** The folder cannot be used: it is somebody else's, or cannot be written. */
  | { readonly kind: 'refused'; readonly why: string };

/** What a fenced script ends with where the lock is lost; nothing of it was done then. */
export const FENCED = 97;
const FENCE_SAYS = 'fix-flannel: this run does not hold the host any more';

/** Beyond this and its time to live, an end lies so far ahead that the clock was set back since it was written. */
const SLACK_SECONDS = 60;
/** Generations that stay after they have ended. */
const KEPT = 20;

/**
 * Takes the lock of the user who runs the script; a run that has it already has it prolonged.
 *
 * The folder is `/run/fix-flannel` for root (below `/var/run`, else `/var/tmp`, where that cannot be), else
 * `/tmp/fix-flannel-UID`: not `XDG_RUNTIME_DIR`, which depends on how one came in and goes with the last session.
 *
 * @param force runs whose holding is overridden: their process is known to be gone, or they held a lock that is ours now
 * @param folder another one than that; its parent has to be there
 * @throws RangeError where a run's id is none
 */
export function takeTargetLock(
  holder: LockHolder,
  ttlSeconds: number,
  force: readonly string[] = [],
  folder?: string,
): Script {
  const overridden = ` ${force.map(runId).join(' ')} `;
  return joinScripts([
    folderOf(folder),
    READ,
    MAKE,
    sh`t=${ttlSeconds} r=${runId(holder.run)} j=${lockHolderText(holder)} f=${overridden}`,
    TAKE,
  ]);
}

/** Prolongs a holding, also one that has ended while nobody took it. */
export function renewTargetLock(holding: TargetHolding, ttlSeconds: number): Script {
  return joinScripts([READ, mine(holding), sh`t=${ttlSeconds}`, RENEW]);
}

/** Gives a holding back. */
export function releaseTargetLock(holding: TargetHolding): Script {
  return joinScripts([READ, mine(holding), sh`[ "$lost" ] || : >"$n"`]);
}

/**
 * Lines to put before a script that changes the host: they end it with `FENCED` unless the holding is the highest, of
 * this run, not given back, and not over by the host's own clock. The script's variables and options stay as they were.
 *
 * @param secondsMore prolongs the holding to that long from now, where that can be written: as long as the script may take
 * @param lessSeconds one that lasts that long, but for so many seconds, is left as it is: writing takes a while. One
 *   that lasts longer, for a step that may have taken a day, is cut back: a run that dies now is not waited for that long
 */
export function fence(holding: TargetHolding, secondsMore?: number, lessSeconds = 0): Script {
  const more =
    secondsMore === undefined
      ? sh`:`
      : joinScripts([
          sh`t=${secondsMore} l=${lessSeconds}
if [ "$u" -lt $((now + t - l)) ] || [ "$u" -gt $((now + t)) ]; then`,
          PROLONG,
          sh`fi
[ ! -e $((n + 1)) ] || exit 1`,
        ]);
  return joinScripts([
    sh`(`,
    READ,
    mine(holding),
    sh`now=$(date +%s)
[ -z "$lost" ] && [ "$u" -ge "$now" ] || exit 1`,
    more,
    sh`exit 0
) </dev/null >/dev/null 2>&1 || { echo ${FENCE_SAYS} >&2; exit ${FENCED}; }`,
  ]);
}

/** Whether a script was ended by its fence. */
export function wasFenced({ status, stderr }: { readonly status: number; readonly stderr: string }): boolean {
  return status === FENCED && stderr.includes(FENCE_SAYS);
}

/** @throws FixError `host/unreadable` where a take printed something else */
export function parseTargetAttempt(stdout: string, run: string): TargetAttempt {
  const [first = '', second = ''] = stdout.split('\n');
  const held = /^held ([1-9]\d{0,14}) (\/.+)$/.exec(first);
  if (held) return { kind: 'held', holding: { generation: Number(held[1]), folder: held[2] as string, run } };
  const taken = /^taken (-?\d{1,15})$/.exec(first);
  if (taken) {
    return { kind: 'taken', by: parseLockHolder(second).by, secondsLeft: Math.max(0, Number(taken[1])) };
  }
  const refused = /^refused (.+)$/.exec(first);
  if (refused) return { kind: 'refused', why: printableLine(refused[1] as string) };
  throw torn(stdout);
}

/** Whether a renewal found the holding to be still ours. @throws FixError `host/unreadable` where it is not known */
export function parseTargetRenewal(stdout: string): boolean {
  const answer = stdout.trim();
  if (answer === 'renewed' || answer === 'lost') return answer === 'renewed';
  throw torn(stdout);
}

function torn(stdout: string): FixError {
  return new FixError('host/unreadable', `the lock on the host gave no answer: "${printableLine(stdout, 80)}"`, {
    hint: 'Look whether the folder for locks (/run/fix-flannel, or /tmp/fix-flannel-UID) can be written on the host.',
  });
}

/** A number in arithmetic, where quotes have no place. */
function asWritten(value: number): Script {
  return scriptAsWritten(String(value));
}

function runId(run: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(run)) throw new RangeError(`${printableLine(run, 80)} is no run's id`);
  return run;
}

/** Sets `d`, the folder: made, proven to be ours, and entered. In /tmp others could have put one of theirs there. */
function folderOf(given: string | undefined): Script {
  const choice =
    given === undefined
      ? sh`if [ "$i" != 0 ]; then set -- "/tmp/fix-flannel-$i"
else set -- /run/fix-flannel /var/run/fix-flannel /var/tmp/fix-flannel; fi`
      : sh`set -- ${given}`;
  return sh`refuse() { echo "refused $*"; exit 0; }
umask 077
i=$(id -u) || refuse 'id does not work'
${choice}
for d in "$@"; do [ -d "$d" ] || mkdir -m 700 "$d" 2>/dev/null || [ -d "$d" ] && break; done
[ -d "$d" ] || refuse "$d cannot be made"
[ ! -L "$d" ] && [ -O "$d" ] || refuse "$d is a link, or belongs to somebody else"
cd "$d" 2>/dev/null && [ -O . ] && chmod 700 . || refuse "$d cannot be entered"`;
}

/** `readin N` sets `u` (when it ends, 0 where it is over or none can tell), `o` (its time to live), `w` (its run), `k` (its holder). */
const READ = sh`number() { case $1 in ''|*[!0-9]*|0?*|???????????????*) return 1;; esac; }
readin() {
  u=0 o=0 w= k=
  [ -f "$1" ] || return 1
  { read -r u o w || :; IFS= read -r k || :; } <"$1"
  number "$u" && number "$o" || u=0 o=0
}`;

/** Sets `n`, and `lost` unless the holding is still the highest, of this run, and not given back. */
function mine({ folder, generation, run }: TargetHolding): Script {
  return sh`n=${generation} r=${run} lost=
cd ${folder} 2>/dev/null && [ -O . ] && readin "$n" && [ "$w" = "$r" ] && [ "$u" != 0 ] && [ ! -e ${generation + 1} ] || lost=1`;
}

/** `highest` sets `n`, 0 where there is none. */
const MAKE = sh`highest() {
  n=0
  for g in [1-9]*; do
    number "$g" && [ "$g" -gt "$n" ] && n=$g
  done
}
tidy() {
  for g in [1-9]*; do
    number "$g" && [ "$g" -lt $((n - ${asWritten(KEPT)})) ] && rm -f "$g"
  done
  for g in .[rt].*; do [ ! -e "$g" ] || rm -f "$g"; done
}`;

/** For `t` seconds from `now`. */
const PROLONG = sh`if { echo "$((now + t)) $t $r" && printf '%s\n' "$k"; } 2>/dev/null >".r.$n.$$"
then mv -f ".r.$n.$$" "$n"
else rm -f ".r.$n.$$"; unwritten=1
fi`;

const RENEW = sh`[ -z "$lost" ] || { echo lost; exit 0; }
unwritten= now=$(date +%s)
${PROLONG}
[ -z "$unwritten" ] || exit 1
if [ -e $((n + 1)) ]; then echo lost; else echo renewed; fi`;

const TAKE = sh`now=$(date +%s)
number "$now" || refuse 'date +%s gives no number'
s=.t.$r.$$
round=0
while [ "$round" -lt 10 ]; do
  round=$((round + 1))
  highest
  left=0
  if [ "$n" != 0 ] && readin "$n" && [ "$u" != 0 ]; then
    left=$((u - now))
    [ "$left" -gt $((o + ${asWritten(SLACK_SECONDS)})) ] && left=0
    if [ "$w" = "$r" ] && [ "$left" -gt 0 ]; then
      unwritten=
      ${PROLONG}
      [ -z "$unwritten" ] || refuse "$d cannot be written"
      [ -e $((n + 1)) ] || { echo "held $n $d"; exit 0; }
      continue
    fi
    case $f in *" $w "*) left=0;; esac
    [ "$left" -le 0 ] || { echo "taken $left"; printf '%s\n' "$k"; exit 0; }
  fi
  { echo "$((now + t)) $t $r" && printf '%s\n' "$j"; } 2>/dev/null >"$s" || { rm -f "$s"; refuse "$d cannot be written"; }
  m=$((n + 1))
  if ln "$s" "$m" 2>/dev/null; then
    rm -f "$s"
    highest
    [ "$n" = "$m" ] || { rm -f "$m"; continue; }
    tidy
    echo "held $m $d"
    exit 0
  fi
  # Whoever won tidies up, and takes a draft of ours for one of a dead run.
  [ -e "$s" ] || continue
  rm -f "$s"
  [ -e "$m" ] || refuse "$d takes no hard links"
done
refuse "$d changes all the time"`;
