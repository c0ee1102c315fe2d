import { z } from 'zod';
import { type ActionOutput, change, defineModule, type Fields, run } from '../core/module.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { path, word } from './arguments.js';

const Args = z.strictObject({
  state: z.enum(['file', 'directory']).default('file'),
  path: path.optional(),
  prefix: word.default('ansible.'),
  suffix: word.default(''),
});

/** Makes a file or a directory under a name that nobody has. */
export const tempfile = defineModule<z.infer<typeof Args>>({
  name: 'tempfile',
  about: 'Makes a temporary file or directory; `result.path` is its name',
  example: `- name: a place to build in
  tempfile:
    state: directory
    suffix: build
  register: place`,
  args: Args,
  plan: (args) =>
    change(`makes a temporary ${args.state}`, {
      actions: [run(tempScript(args), { mayFail: true })],
      conclude: ([output]) => concluded(args, output),
    }),
});

/** Names are tried until one is new; a file is never opened where something stands. */
function tempScript({ state, path: at, prefix, suffix }: z.infer<typeof Args>): Script {
  const make = state === 'file' ? '( set -C; : > "$t" )' : 'mkdir "$t"';
  return sh`umask 077
d=${at === undefined ? scriptAsWritten('"${TMPDIR:-/tmp}"') : pathWord(at)}
case $d in /*) ;; *) d=$PWD/$d ;; esac
[ -d "$d" ] || { printf 'No such file or directory: %s\n' "$d" >&2; exit 1; }
i=0
while [ $i -lt 100 ]; do
  i=$((i + 1))
  r=$(od -An -N5 -tx1 /dev/urandom) || exit 1
  set -- $r
  t=$d/${prefix}$1$2$3$4$5${suffix}
  if ${scriptAsWritten(make)} 2>/dev/null; then printf '%s' "$t"; exit 0; fi
  [ -e "$t" ] || [ -L "$t" ] || break
done
printf 'cannot make %s\n' "$t" >&2
exit 1`;
}

function concluded({ state }: z.infer<typeof Args>, output: ActionOutput | undefined): Fields {
  if (output?.status === 0 && output.stdout !== '') {
    const own = state === 'file' ? { mode: '0600', size: 0 } : { mode: '0700' };
    return { path: output.stdout, state, ...own };
  }
  return { failed: true, changed: false, msg: output?.stderr.trim() || 'nothing was made' };
}
