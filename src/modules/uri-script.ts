import { type Script, Secret, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';

/** A request as curl is told of it. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The password goes along without being asked for. */
  readonly basicAtOnce: boolean;
  readonly validateCerts: boolean;
  readonly follow: boolean;
  readonly timeoutSeconds: number;
  readonly unixSocket: string | undefined;
  readonly dest: string | undefined;
}

/** Exit status of a host without curl. */
export const NO_CURL = 127;

/**
 * Makes a request on the host. It prints a line `CODE REDIRECTS HEADER-LINES CHANGED URL`, the headers, the body.
 * What may be secret reaches curl over its input, so that no list of processes shows it.
 */
export function requestScript(request: Request): Script {
  return sh`command -v curl >/dev/null || { echo 'this host has no curl' >&2; exit ${NO_CURL}; }
umask 077
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM
said=$(printf '%s' ${new Secret(configOf(request))} | curl -q -sS -K - -D "$d/head" -o "$d/body" -w '%{http_code} %{num_redirects} %{url_effective}') || exit $?
changed=no
[ -e "$d/head" ] || : >"$d/head"
[ -e "$d/body" ] || : >"$d/body"
set -f; set -- $said; code=$1; redirects=$2; shift 2
${destination(request.dest)}
printf '%s %s %d %s %s\n' "$code" "$redirects" "$(wc -l <"$d/head")" "$changed" "$*"
cat "$d/head" "$d/body"`;
}

/** Only an answer that is one is put in place, and only where it differs. */
function destination(dest: string | undefined): Script {
  if (dest === undefined) return sh``;
  return sh`p=${pathWord(dest)}
case $code in 2*)
  [ ! -d "$p" ] || { echo "$p is a directory; a file has to be named" >&2; exit 1; }
  if ! cmp -s "$d/body" "$p"; then
    t=$p.fix-flannel.$$; ( set -C; : >"$t" ) && cat "$d/body" >"$t" && chmod 0644 "$t" && mv -f "$t" "$p" || { rm -f "$t"; exit 1; }
    changed=yes
  fi ;;
esac`;
}

function configOf(request: Request): string {
  const { url, method, headers, body, user, password, follow } = request;
  const implied = method === 'GET' ? body === undefined : method === 'POST' && body !== undefined;
  const lines = [
    option('url', url),
    'globoff',
    ...(method === 'HEAD' ? ['head'] : implied ? [] : [option('request', method)]),
    ...headers.map(([name, value]) => option('header', value === '' ? `${name};` : `${name}: ${value}`)),
    // A body that begins with @ would be a file's name.
    ...(body === undefined ? [] : [option(body.startsWith('@') ? 'data-raw' : 'data-binary', body)]),
    ...(user === undefined
      ? []
      : [option('user', `${user}:${password ?? ''}`), request.basicAtOnce ? 'basic' : 'anyauth']),
    ...(request.validateCerts ? [] : ['insecure']),
    ...(follow ? ['location', 'max-redirs = 10'] : []),
    `max-time = ${request.timeoutSeconds}`,
    ...(request.unixSocket === undefined ? [] : [option('unix-socket', request.unixSocket)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A line of curl's configuration: nothing in the value can end it. */
function option(name: string, value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${name} = "${escaped}"`;
}
