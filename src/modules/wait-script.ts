import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { extendedPattern } from './extended-pattern.js';
import type { WaitArguments } from './wait-for.js';

/** The status of a script whose time is over. */
export const TIMED_OUT = 45;

/** A shell command that succeeds once what is waited for is so, or a text that says why it cannot be told. */
export function waitCondition(args: WaitArguments): Script | string {
  const { host, port, path, search_regex, state, connect_timeout } = args;
  const gone = state === 'stopped' || state === 'absent';
  if (port !== undefined && state === 'drained') return sh`drained ${hexPort(port)}`;
  const isTold = search_regex !== undefined && (port === undefined || !gone);
  const pattern = isTold ? extendedPattern(search_regex) : undefined;
  if (isTold && pattern === undefined) return `the pattern ${search_regex} has parts that grep -E does not know`;
  if (port !== undefined) {
    if (pattern !== undefined) return sh`told ${host} ${port} ${connect_timeout} ${pattern}`;
    const open = sh`opened ${host} ${port} ${hexPort(port)} ${connect_timeout}`;
    return gone ? sh`! ${open}` : open;
  }
  if (path === undefined) return sh`false`;
  const at = pathWord(path);
  const there = pattern === undefined ? sh`[ -e ${at} ]` : sh`grep -E -q -e ${pattern} ${at} 2>/dev/null`;
  return gone ? sh`! ${there}` : there;
}

/**
 * Tries a condition again and again. Ends with 0 once it holds, with TIMED_OUT after the time, with 1 where the host
 * has no means to tell. Prints `elapsed=SECONDS`, for a path `stat=UID GID USER GROUP MODE BYTES LINKS KIND`, and what
 * was said where a pattern was looked for. With neither port nor path the wait itself is what was asked for.
 */
export function waitScript(args: WaitArguments, condition: Script): Script {
  const { port, path, delay, timeout, sleep } = args;
  const onTimeout = port === undefined && path === undefined ? 0 : TIMED_OUT;
  return sh`${FUNCTIONS}
start=$(now)
sleep ${delay}
deadline=$(( $(now) + ${scriptAsWritten(String(Math.ceil(timeout)))} ))
while :; do
  if ${condition}; then echo elapsed=$(( $(now) - start )); ${after(args)}; exit 0; fi
  [ "$(now)" -lt "$deadline" ] || { echo elapsed=$(( $(now) - start )); exit ${onTimeout}; }
  sleep ${Math.max(sleep, MIN_SLEEP_SECONDS)} || sleep 1
done`;
}

/** What is told of a success. */
function after({ port, path, search_regex }: WaitArguments): Script {
  if (port !== undefined) return sh`printf '%s\n' "$said"`;
  if (path === undefined) return sh`:`;
  const at = pathWord(path);
  const stat = sh`s=$(stat -c '%u %g %U %G %a %s %h %F' ${at} 2>/dev/null) && printf 'stat=%s\n' "$s"`;
  return search_regex === undefined ? stat : sh`${stat}; dd bs=65536 count=${MOST_BLOCKS} 2>/dev/null <${at}`;
}

/** Of 64 KiB: how much of a file is searched for a pattern's groups. */
const MOST_BLOCKS = 16;

const MIN_SLEEP_SECONDS = 0.05;

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/**
 * `opened HOST PORT HEX SECONDS` tries bash, then nc; a host with neither is asked for its own listening sockets.
 * `told HOST PORT SECONDS PATTERN` reads lines until one matches, and keeps them in `said`; only bash can do that.
 * `drained HEX`: no connection to the port that is not closed.
 */
const FUNCTIONS = scriptAsWritten(`now() {
  if read -r up _ 2>/dev/null </proc/uptime; then echo "\${up%.*}"; else date +%s; fi
}
within() {
  if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi
}
listening() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ local _ state _; do
    case $state-$local in 0A-*:"$1") echo yes; break ;; esac
  done
}
opened() {
  if command -v bash >/dev/null 2>&1; then
    within "$4" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  elif command -v nc >/dev/null 2>&1; then
    within "$4" nc -w "$4" "$1" "$2" </dev/null >/dev/null 2>&1
  else
    case $1 in 127.* | localhost | ::1) [ -n "$(listening "$3")" ] && return; return 1 ;; esac
    echo 'this host has neither bash nor nc to try a port of another host' >&2; exit 1
  fi
}
told() {
  command -v bash >/dev/null 2>&1 || { echo 'this host has no bash to listen to a port with' >&2; exit 1; }
  said=$(within "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
    while IFS= read -r -t "$2" -u 3 line || [ -n "$line" ]; do
      printf "%s\\n" "$line"
      [[ $line =~ $3 ]] && exit 0
    done
    exit 1' "$1" "$2" "$3" "$4" 2>/dev/null)
}
drained() {
  [ -r /proc/net/tcp ] || { echo 'this host has no /proc/net/tcp' >&2; exit 1; }
  [ -z "$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ local _ state _; do
    case $state-$local in 0[1-6]-*:"$1") echo yes; break ;; esac
  done)" ]
}`);
