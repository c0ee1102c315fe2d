import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import type { WaitArguments } from './wait-for.js';

/** The status of a script whose time is over. */
export const TIMED_OUT = 45;

/** A shell command that succeeds once what is waited for is so, or a text that says why it cannot be told. */
export function waitCondition(args: WaitArguments): Script | string {
  const { host, port, path, search_regex, state, connect_timeout } = args;
  const gone = state === 'stopped' || state === 'absent';
  if (port !== undefined) {
    if (search_regex !== undefined) return 'search_regex is supported with path only';
    if (state === 'drained') return sh`drained ${hexPort(port)}`;
    const open = sh`opened ${host} ${port} ${hexPort(port)} ${connect_timeout}`;
    return gone ? sh`! ${open}` : open;
  }
  if (path === undefined) return sh`false`;
  if (search_regex === undefined) return gone ? sh`[ ! -e ${pathWord(path)} ]` : sh`[ -e ${pathWord(path)} ]`;
  const pattern = extendedPattern(search_regex);
  if (pattern === undefined) return `the pattern ${search_regex} has parts that grep -E does not know`;
  const grep = sh`grep -E -q -e ${pattern} ${pathWord(path)} 2>/dev/null`;
  return gone ? sh`! ${grep}` : grep;
}

/**
 * Tries a condition again and again. Ends with 0 once it holds, with TIMED_OUT after the time, with 1 where the host
 * has no means to tell. Prints `elapsed=SECONDS`. With neither port nor path the wait itself is what was asked for.
 */
export function waitScript(args: WaitArguments, condition: Script): Script {
  const { port, path, delay, timeout, sleep } = args;
  const onTimeout = port === undefined && path === undefined ? 0 : TIMED_OUT;
  return sh`${FUNCTIONS}
start=$(now)
sleep ${delay}
deadline=$(( $(now) + ${scriptAsWritten(String(Math.ceil(timeout)))} ))
while :; do
  if ${condition}; then echo elapsed=$(( $(now) - start )); exit 0; fi
  [ "$(now)" -lt "$deadline" ] || { echo elapsed=$(( $(now) - start )); exit ${onTimeout}; }
  sleep ${Math.max(sleep, MIN_SLEEP_SECONDS)} || sleep 1
done`;
}

const MIN_SLEEP_SECONDS = 0.05;

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/**
 * `opened HOST PORT HEX SECONDS` tries bash, then nc; a host with neither is asked for its own listening sockets.
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
drained() {
  [ -r /proc/net/tcp ] || { echo 'this host has no /proc/net/tcp' >&2; exit 1; }
  [ -z "$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ local _ state _; do
    case $state-$local in 0[1-6]-*:"$1") echo yes; break ;; esac
  done)" ]
}`);

const CLASSES: Readonly<Record<string, string>> = { d: '[0-9]', w: '[[:alnum:]_]', s: '[[:space:]]', D: '[^0-9]' };

/** The part of Python's patterns that POSIX extended ones can say; undefined for the rest. */
function extendedPattern(pattern: string): string | undefined {
  if (/\(\?|[*+?}]\?|[*+?}]\+/.test(pattern)) return undefined;
  let known = true;
  const made = pattern.replace(/\[[^\]]*\]|\\(.)/gs, (piece, escaped?: string) => {
    if (escaped === undefined) {
      known &&= !piece.includes('\\');
      return piece;
    }
    if (!/[A-Za-z0-9]/.test(escaped)) return piece;
    known &&= Object.hasOwn(CLASSES, escaped);
    return CLASSES[escaped] ?? piece;
  });
  return known ? made : undefined;
}
