import { createHash } from 'node:crypto';
import { joinScripts, printBytes, type Script, scriptAsWritten, sh } from '../core/script.js';
import { FULL_PATH } from '../facts/host-path.js';
import { RESTORE_SCRIPT, TIMER_SCRIPT } from './commit-confirmed-restore.js';

/** Where a run's guard is kept on a host, and whose it is. */
export interface GuardPlace {
  /** Folder of all guards, absolute; it and the one it stands in have to be ours alone to write in. */
  readonly folder: string;
  /** The run's name; letters, digits, dots, dashes and underscores. */
  readonly run: string;
}

export interface GuardToArm extends GuardPlace {
  readonly delaySeconds: number;
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly units: readonly string[];
  readonly command: string | undefined;
}

/** How long an answer about a guard that is putting its host back may be waited for, in seconds. */
export const RESTORE_SECONDS = 180;

/**
 * Keeps what stands there now, writes the script that puts it back, and starts the timer that runs it.
 *
 * Prints `armed`, or `fired` and the outcome where the run's guard has fired already. Where the run has armed one
 * before, what that kept stays, more is added, and the new timer takes the place of the old one: it is started before
 * the old one loses its force, so that at no time there is none.
 */
export function armScript({ folder, run, delaySeconds, files, units, command }: GuardToArm): Script {
  const keeps = files.map((path) => sh`keep ${keyOf(path)} ${path}`);
  return joinScripts([
    start({ folder, run }),
    sh`delay=${delaySeconds}`,
    OPEN_GUARD,
    ...keeps,
    sh`set -- ${units}`,
    KEEP_UNITS,
    ...(command === undefined ? [] : [sh`${printBytes(Buffer.from(`${command}\n`, 'utf8'))} >"$g/command" || cannot`]),
    sh`printf '%s\n' ${RESTORE_SCRIPT} >"$g/restore.sh" && printf '%s\n' ${TIMER_SCRIPT} >"$g/timer.sh" || cannot`,
    START_TIMER,
  ]);
}

/** Takes the run's guard away, unless it has fired. Prints `confirmed`, `none`, or `fired` and the outcome. */
export function confirmScript(place: GuardPlace): Script {
  return joinScripts([start(place), CONFIRM]);
}

/**
 * Takes all guards away, whose run is no more, and starts again what they found running and does not run. One that is
 * putting the host back is waited for; one that was broken off in the middle of it is run to its end.
 * Prints a line for each: `RUN STATE`, with `taken`, `done`, `failed` or `left` for a state, and after `failed` lines
 * with a blank in front.
 */
export function clearScript(place: GuardPlace): Script {
  return joinScripts([start(place), CLEAR]);
}

function start({ folder, run }: GuardPlace): Script {
  return joinScripts([FULL_PATH, sh`base=${folder} id=${run}`, FUNCTIONS]);
}

/** A name for what is kept of a path. */
function keyOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 24);
}

const FUNCTIONS = scriptAsWritten(`
umask 077
g=$base/$id new=
fail() { printf '%s\\n' "$1" >&2; exit 1; }
cannot() { fail "cannot write below $g"; }
has_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; }
uptime_now() { read -r up rest </proc/uptime 2>/dev/null && printf '%s' "\${up%.*}" || date +%s; }
ours() {
  [ ! -L "$1" ] && [ -d "$1" ] || fail "$1 is no folder"
  set -f; set -- "$1" $(ls -ldn -- "$1"); set +f
  case $2 in d????-??-*) ;; *) fail "others may write in $1" ;; esac
  [ "$4" = "$(id -u)" ] || fail "$1 belongs to somebody else"
}
folder() {
  [ -e "$1" ] || [ -L "$1" ] || mkdir -- "$1" 2>/dev/null || [ -d "$1" ] || fail "cannot make the folder $1"
  ours "$1"
}
stop_timer() {
  case $2 in
    unit\\ *)
      systemctl stop -- "\${2#unit }.timer" 2>/dev/null
      systemctl reset-failed -- "\${2#unit }.timer" "\${2#unit }.service" 2>/dev/null ;;
    pid\\ *)
      tr '\\0' ' ' 2>/dev/null <"/proc/\${2#pid }/cmdline" | grep -qF " $1/timer.sh " && kill "\${2#pid }" 2>/dev/null ;;
  esac
  return 0
}
is_restoring() {
  [ -s "$1/claimed/pid" ] || { sleep 1; [ -s "$1/claimed/pid" ] || return 1; }
  read -r pid <"$1/claimed/pid"
  tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF " $1/restore.sh "
}
outcome() {
  seconds=0
  while [ ! -e "$1/outcome" ] && [ "$seconds" -lt ${RESTORE_SECONDS} ] && is_restoring "$1"; do
    sleep 1
    seconds=$((seconds + 1))
  done
  cat "$1/outcome" 2>/dev/null || echo unknown
}
fired() { new=; echo fired; outcome "$g"; exit 0; }`);

const OPEN_GUARD = scriptAsWritten(`
[ "\${base%/*}" = "" ] || folder "\${base%/*}"
folder "$base"
[ -e "$g" ] || new=1
trap '[ -z "$new" ] || rm -rf -- "$g"' EXIT
trap 'exit 1' HUP INT TERM
folder "$g"
[ ! -e "$g/claimed" ] || fired
mkdir -p -- "$g/files" || cannot
keep() {
  k=$g/files/$1
  [ ! -e "$k.path" ] || return 0
  if [ -L "$2" ]; then
    readlink -- "$2" >"$k.link" || fail "cannot read the link $2"
    printf '%s' "$2" >"$k.path" || cannot
    real=$(readlink -f -- "$2")
    [ -z "$real" ] || [ -L "$real" ] || keep "$1-real" "$real"
    return 0
  elif [ ! -e "$2" ]; then
    : >"$k.absent" || cannot
    [ -d "\${2%/*}/" ] || : >"$k.no-folder"
  elif [ -f "$2" ]; then
    cp -p -- "$2" "$k.copy" || fail "cannot keep a copy of $2"
    ! command -v chcon >/dev/null 2>&1 || chcon --reference="$2" "$k.copy" 2>/dev/null || :
  else
    fail "$2 is no file: it cannot be kept"
  fi
  printf '%s' "$2" >"$k.path" || cannot
}`);

const KEEP_UNITS = scriptAsWritten(`
if has_systemd; then
  for unit; do
    ! cut -d ' ' -f 1 "$g/units" 2>/dev/null | grep -qxF -- "$unit" || continue
    case $(systemctl is-active -- "$unit" 2>/dev/null) in
      active | activating | reloading) state=active ;;
      *) state=inactive ;;
    esac
    entered=$(systemctl show -p ActiveEnterTimestampMonotonic -- "$unit" 2>/dev/null)
    printf '%s %s %s\\n' "$unit" "$state" "$entered" >>"$g/units" || cannot
  done
fi`);

// The descriptors that a shell may have open are closed, so that nothing waits for the timer to end.
const START_TIMER = scriptAsWritten(`
number=$(($(cat "$g/number" 2>/dev/null || echo 0) + 1))
old=$(cat "$g/timer" 2>/dev/null)
set_number() { printf '%s\\n' "$number" >"$g/number.part" && mv -f -- "$g/number.part" "$g/number" || cannot; }
[ -z "$new" ] || set_number
name=fix-flannel-guard-$id-$number
if has_systemd && command -v systemd-run >/dev/null 2>&1 &&
  said=$(systemd-run --quiet --unit="$name" --on-active="\${delay}s" --timer-property=AccuracySec=100ms \\
    -p KillMode=process /bin/sh "$g/restore.sh" "$g" "$number" 2>&1); then
  printf 'unit %s\\n' "$name" >"$g/timer" || cannot
else
  command -v setsid >/dev/null 2>&1 && apart=setsid || apart=
  ( (cd / && exec $apart /bin/sh "$g/timer.sh" "$g" "$number" "$delay") \\
    </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &)
  tries=0
  until [ -e "$g/started-$number" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 50 ] || fail "no timer can be started: \${said:-the background process does not come up}"
    sleep 0.1 2>/dev/null || sleep 1
  done
  mv -f -- "$g/started-$number" "$g/timer" || cannot
fi
set_number
printf '%s\\n' "$(($(uptime_now) + delay))" >"$g/until" || cannot
[ -z "$old" ] || stop_timer "$g" "$old"
[ ! -e "$g/claimed" ] || fired
new=
echo armed`);

const CONFIRM = scriptAsWritten(`
[ -d "$g" ] || { echo none; exit 0; }
ours "$base"
ours "$g"
mkdir -- "$g/claimed" 2>/dev/null || fired
echo run >"$g/claimed/by"
stop_timer "$g" "$(cat "$g/timer" 2>/dev/null)"
rm -rf -- "$g" || fail "cannot remove $g"
rmdir -- "$base" 2>/dev/null
echo confirmed`);

const CLEAR = scriptAsWritten(`
[ -d "$base" ] || exit 0
ours "$base"
start_units() {
  has_systemd && [ -e "$1/units" ] || return 0
  while read -r unit was rest; do
    [ "$was" = active ] || continue
    systemctl is-active -q -- "$unit" || systemctl start -- "$unit" </dev/null || printf ' %s does not start\\n' "$unit"
  done <"$1/units"
}
for d in "$base"/*; do
  [ -d "$d" ] && [ ! -L "$d" ] || continue
  ours "$d"
  if [ -e "$d/outcome" ]; then
    state=$(head -n 1 "$d/outcome")
  elif mkdir -- "$d/claimed" 2>/dev/null; then
    echo run >"$d/claimed/by"
    state=taken
    [ -e "$d/until" ] || state=left
  elif [ "$(cat "$d/claimed/by" 2>/dev/null)" = run ]; then
    state=taken
  else
    outcome "$d" >/dev/null
    if [ ! -e "$d/outcome" ]; then
      ! is_restoring "$d" || fail "the guard $d is putting this host back and does not come to an end"
      /bin/sh "$d/restore.sh" "$d" again >/dev/null 2>&1
    fi
    state=$(head -n 1 "$d/outcome" 2>/dev/null)
  fi
  stop_timer "$d" "$(cat "$d/timer" 2>/dev/null)"
  printf '%s %s\\n' "\${d##*/}" "\${state:-failed}"
  case $state in
    taken) start_units "$d" ;;
    failed) tail -n +2 "$d/outcome" | sed 's/^/ /' ;;
  esac
  rm -rf -- "$d" || fail "cannot remove $d"
done
rmdir -- "$base" 2>/dev/null
exit 0`);
