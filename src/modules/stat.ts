import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, type Fields, refuse, unchanged } from '../core/module.js';
import { CHECKSUM_ALGORITHMS } from '../facts/file-checksum.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { bool, path, renamed } from './arguments.js';
import { octal } from './file-mode.js';

const Args = z.preprocess(
  (given) =>
    renamed(given, {
      dest: 'path',
      name: 'path',
      checksum: 'checksum_algorithm',
      checksum_algo: 'checksum_algorithm',
      mime: 'get_mime',
      mime_type: 'get_mime',
      'mime-type': 'get_mime',
      attr: 'get_attributes',
      attributes: 'get_attributes',
    }),
  z.strictObject({
    path,
    follow: bool.default(false),
    get_checksum: bool.default(true),
    checksum_algorithm: z.enum(CHECKSUM_ALGORITHMS).default('sha1'),
    get_mime: bool.optional(),
    get_attributes: bool.optional(),
  }),
);

/** What stands at a path, as `result.stat`. */
export const stat = defineModule<z.infer<typeof Args>, { stat: Ask<FileStat> }>({
  name: 'stat',
  about: 'Tells what stands at a path',
  example: `- name: has the disk been prepared
  stat:
    path: /etc/fstab
  register: fstab`,
  args: Args,
  needs: ({ path: at, follow, get_checksum, checksum_algorithm }) => ({
    stat: ask(fileStat, { path: at, follow, checksum: get_checksum ? checksum_algorithm : undefined }),
  }),
  plan(args, { stat: reading }) {
    if (reading.state === 'unreadable') return refuse(`cannot look at ${args.path}: ${reading.why}`);
    if (reading.state === 'absent')
      return unchanged(`${args.path} is not there`, { result: { stat: { exists: false } } });
    const result = { stat: statFields(args, reading.value) };
    return unchanged(`${args.path} is a ${reading.value.kind}`, { result });
  },
});

function statFields({ path: at, get_checksum }: z.infer<typeof Args>, stat: FileStat): Fields {
  const fields: Fields = {
    exists: true,
    path: at,
    mode: octal(stat.mode),
    ...kinds(stat),
    uid: stat.uid,
    gid: stat.gid,
    size: stat.sizeBytes,
    inode: stat.inode,
    dev: stat.device,
    nlink: stat.links,
    atime: stat.accessed,
    mtime: stat.modified,
    ctime: stat.statusChanged,
    ...permissions(stat.mode),
    blocks: stat.blocks,
    block_size: stat.blockSizeBytes,
    device_type: stat.deviceType,
    readable: stat.readable,
    writeable: stat.writable,
    executable: stat.executable,
    pw_name: stat.user,
    gr_name: stat.group,
    lnk_source: stat.linkSource,
    lnk_target: stat.linkTarget,
    // No tool for it on the host: null, so that a comparison fails rather than a template.
    checksum: get_checksum && stat.kind === 'file' ? (stat.checksum ?? null) : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `isdir`, `isreg`, ... */
export function kinds({ kind }: Pick<FileStat, 'kind'>): Fields {
  return {
    isdir: kind === 'directory',
    ischr: kind === 'character',
    isblk: kind === 'block',
    isreg: kind === 'file',
    isfifo: kind === 'fifo',
    islnk: kind === 'link',
    issock: kind === 'socket',
  };
}

/** `rusr`, `wusr`, ... `xoth`, `isuid`, `isgid`. */
export function permissions(mode: number): Fields {
  const fields: Record<string, boolean> = {};
  for (const [index, who] of ['usr', 'grp', 'oth'].entries()) {
    for (const [bit, what] of ['r', 'w', 'x'].entries()) {
      fields[`${what}${who}`] = (mode & (1 << (8 - index * 3 - bit))) !== 0;
    }
  }
  return { ...fields, isuid: (mode & 0o4000) !== 0, isgid: (mode & 0o2000) !== 0 };
}
