import { joinScripts, printBytes, type Script, scriptAsWritten, sh } from './script.js';

export interface FileToWrite {
  /** Absolute, relative to the home directory, or starting with `~`. A symlink there is followed. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Octal text, `0644`; without it the file's own, or 0644 for a new one. */
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Keep what stands there now under this path first, if something does. */
  readonly backup?: string | undefined;
}

/**
 * A script that puts a file in place whole or not at all.
 *
 * The content goes to a new file in the same directory, which starts as a copy of the old one (`cp -p`), so that
 * mode, owner and SELinux label survive; then one rename. Whatever fails removes that file, says why on stderr and
 * exits 1, with the old file as it was. A directory, a device or a link that leads in circles is refused.
 *
 * @param nonce letters and digits that no other writer uses, for the name of the new file
 * @throws RangeError when the path or a name holds a NUL
 */
export function writeFileScript(file: FileToWrite, nonce: string): Script {
  const put = printBytes(file.content);
  const whole = sh`[ "$(wc -c < "$t")" -eq ${file.content.length} ] || fail "cannot write the whole of $p"`;
  return placeScript(file, sh`${nonce}`, joinScripts([toTemporary(put), whole]));
}

/** The same with the bytes of another file of the host. It needs no nonce: the shell's process number serves. */
export function copyFileScript(file: Omit<FileToWrite, 'content'> & { readonly source: string }): Script {
  const source = sh`s=${pathWord(file.source)}`;
  const whole = scriptAsWritten('cmp -s "$s" "$t" || fail "cannot copy the whole of $s"');
  return placeScript(
    file,
    scriptAsWritten('$$'),
    joinScripts([source, toTemporary(scriptAsWritten('cat < "$s"')), whole]),
  );
}

function toTemporary(print: Script): Script {
  return sh`${print} >| "$t" || fail "cannot write to $d"`;
}

function placeScript(file: Omit<FileToWrite, 'content'>, nonce: Script, fill: Script): Script {
  return joinScripts([
    sh`umask 077; n=${nonce}; p=${pathWord(file.path)}; t=`,
    PRELUDE,
    ...(file.backup === undefined ? [] : [sh`b=${pathWord(file.backup)}`, BACKUP]),
    START,
    fill,
    SETTLE,
    ...attributes(file),
    FINISH,
  ]);
}

/** A path as one shell word. A leading `~` or `~user` is the home directory; a leading `-` is never an option. */
export function pathWord(path: string): Script {
  const home = /^~([a-z_][a-z0-9_-]*)?(?=\/|$)/.exec(path);
  if (home) {
    const rest = sh`${path.slice(home[0].length)}`.text;
    return scriptAsWritten(home[1] === undefined ? `"$HOME"${rest}` : `${home[0]}${rest}`);
  }
  return sh`${path.startsWith('-') ? `./${path}` : path}`;
}

function attributes({ mode, owner, group }: Omit<FileToWrite, 'content'>): Script[] {
  return [
    ...(owner === undefined ? [] : [sh`chown ${word(owner)} "$t" || fail "cannot give $p to its owner"`]),
    ...(group === undefined ? [] : [sh`chgrp ${word(group)} "$t" || fail "cannot give $p to its group"`]),
    mode === undefined
      ? sh`[ -z "$new" ] || chmod 0644 "$t" || fail "cannot set the mode of $p"`
      : sh`chmod ${mode} "$t" || fail "cannot set the mode of $p"`,
  ];
}

/** A name can never be read as an option of chown. */
function word(name: string): string {
  if (name.startsWith('-')) throw new RangeError(`not a name of a user or group: ${name}`);
  return name;
}

const PRELUDE = scriptAsWritten(`
fail() { printf '%s\\n' "$1" >&2; exit 1; }
trap '[ -z "$t" ] || rm -f "$t"' EXIT
trap 'exit 1' HUP INT TERM
hops=0
while [ -L "$p" ]; do
  hops=$((hops + 1)); [ "$hops" -le 40 ] || fail "$p is a link that leads in circles"
  l=$(readlink "$p" && echo x) || fail "cannot read the link $p"
  l=\${l%?x}
  case $l in
    /*) p=$l ;;
    *) case $p in */*) p=\${p%/*}/$l ;; *) p=./$l ;; esac ;;
  esac
done
[ ! -d "$p" ] || fail "$p is a directory"
[ ! -e "$p" ] || [ -f "$p" ] || fail "$p is not a regular file"
case $p in */*) d=\${p%/*}/ ;; *) d=./ ;; esac
[ -d "$d" ] || fail "the directory $d does not exist"
label() { ! command -v chcon >/dev/null 2>&1 || chcon --reference="$p" "$t" 2>/dev/null || :; }
create() {
  t=$d.fix-flannel.$n
  ( set -C; true > "$t" ) 2>/dev/null || { t=; fail "cannot create a file in $d"; }
}
copy() { create; cp -p "$p" "$t" || fail "cannot copy $p"; label; }
`);

const BACKUP = scriptAsWritten(`
[ ! -e "$p" ] || { copy; mv -f "$t" "$b" || fail "cannot keep a copy of $p"; }`);

const START = scriptAsWritten(`
new= locked=
if [ -e "$p" ]; then copy; else new=1; create; fi
# A file is its writer's, also in a directory that would give it its own group.
[ -z "$new" ] || [ ! -g "$d" ] || chgrp "$(id -g)" "$t" || fail "cannot give $p its group"
[ -w "$t" ] || { locked=1; chmod u+w "$t" || fail "cannot write to $t"; }`);

/** The bytes have to be on the disk before the name is: a crash must not leave an empty file under it. */
const SETTLE = scriptAsWritten(`
dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null || :
[ -z "$locked" ] || chmod u-w "$t"`);

const FINISH = scriptAsWritten(`
mv -f "$t" "$p" || fail "cannot put $p in place"
t=
[ -z "$new" ] || ! command -v restorecon >/dev/null 2>&1 || restorecon "$p" 2>/dev/null || :`);
