import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** A file by its path, in lines. */
export type TextFile = readonly [path: string, lines: readonly string[]];

/** A module of the kernel, now and as it is kept for a boot. */
export interface KernelModule {
  /** Loaded, or a part of the kernel itself. */
  readonly loaded: boolean;
  /** Files that say what is loaded at a boot (`/etc/modules-load.d`), by path. */
  readonly loads: readonly TextFile[];
  /** Files that say with which parameters (`/etc/modprobe.d`). */
  readonly options: readonly TextFile[];
}

export const kernelModule = defineFact({
  name: 'kernel.module',
  about: 'whether a module of the kernel is loaded, and the files that say so for a boot',
  script: ({ name }: { readonly name: string }) => sh`${RECORD_FUNCTIONS}
name=${name.replaceAll('-', '_')}
[ -r /proc/modules ] || { echo 'the kernel tells no modules' >&2; exit 1; }
loaded=no
while read -r one rest; do [ "$one" != "$name" ] || loaded=yes; done </proc/modules
if [ "$loaded" = no ]; then
  read -r release </proc/sys/kernel/osrelease
  list=/lib/modules/$release/modules.builtin
  [ ! -r "$list" ] || grep -q "/$(printf '%s' "$name" | sed 's/_/[_-]/g')\.ko" "$list" && [ -r "$list" ] && loaded=yes
fi
record loaded "$loaded"
record files "$(grep -as '' /dev/null /etc/modules-load.d/* /etc/modprobe.d/*)"
record end ''`,
  parse(_, _query, bytes): KernelModule {
    const said = new Map(hostRecords(bytes).map((record) => [record.name, recordText(record)]));
    const files = new Map<string, string[]>();
    for (const line of (said.get('files') ?? '').split('\n')) {
      const [, path, rest] = /^(\/[^:]*):(.*)$/.exec(line) ?? [];
      if (path === undefined || rest === undefined) continue;
      files.set(path, [...(files.get(path) ?? []), rest]);
    }
    const below = (folder: string) => [...files].filter(([path]) => path.startsWith(folder));
    return {
      loaded: said.get('loaded') === 'yes',
      loads: below('/etc/modules-load.d/'),
      options: below('/etc/modprobe.d/'),
    };
  },
});
