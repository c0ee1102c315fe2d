import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  change,
  defineModule,
  type Fields,
  fail,
  type Outcome,
  refuse,
  type TaskContext,
  unchanged,
} from '../core/module.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { bool, path, word } from './arguments.js';
import { baseOf } from './host-path.js';

const Args = z.strictObject({
  src: path,
  dest: word.refine((value) => value !== '', 'is empty; a path is needed'),
  flat: bool.default(false),
  fail_on_missing: bool.default(true),
  validate_checksum: bool.default(true),
});

type FetchArguments = z.infer<typeof Args>;

/** A larger file is not fetched. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Brings a file of the host to the controller. */
export const fetch = defineModule<FetchArguments, { stat: Ask<FileStat>; content: Ask<Buffer> }>({
  name: 'fetch',
  about: 'Brings a file of the host to the controller, into a folder for each host',
  example: `- name: keep the leases
  fetch:
    src: /run/flannel/subnet.env
    dest: leases`,
  args: Args,
  needs: ({ src }) => ({
    stat: ask(fileStat, { path: src, follow: true, checksum: 'sha1' }),
    content: ask(fileContent, { path: src, maxBytes: MAX_BYTES }),
  }),
  plan(args, { stat, content }, task) {
    if (stat.state === 'present' && stat.value.kind === 'directory') {
      return without(
        args,
        'remote file is a directory, fetch cannot work on directories',
        ', not transferring, ignored',
      );
    }
    if (content.state === 'absent') return without(args, 'the remote file does not exist, not transferring, ignored');
    if (content.state === 'unreadable') return without(args, `file is not readable: ${args.src}: ${content.why}`);
    const told = stat.state === 'present' ? stat.value.checksum : undefined;
    return save(args, content.value, told, task);
  },
});

function without({ src, fail_on_missing }: FetchArguments, msg: string, ignored = ''): Outcome {
  if (fail_on_missing) return fail(msg);
  return unchanged(msg, { result: { msg: `${msg}${ignored}`, file: src } });
}

/** @param told the checksum that the host told of the file */
function save(args: FetchArguments, content: Buffer, told: string | undefined, task: TaskContext): Outcome {
  const dest = destinationOf(args, task);
  if (typeof dest !== 'string') return dest;
  const checksum = digest('sha1', content);
  const known = { dest, checksum, md5sum: digest('md5', content) };
  if (args.validate_checksum && told !== undefined && told !== checksum) {
    return fail('checksum mismatch', { result: { ...known, file: args.src, remote_checksum: told } });
  }
  if (task.localFile(dest)?.equals(content)) {
    return unchanged(`${dest} is the same file`, { result: { ...known, file: args.src } });
  }
  const result: Fields = { ...known, remote_checksum: told ?? checksum, remote_md5sum: null };
  return change(`fetches ${args.src}`, { actions: [{ kind: 'save', path: dest, content }], result });
}

function destinationOf({ src, dest, flat }: FetchArguments, task: TaskContext): string | Outcome {
  if (dest.startsWith('~')) return refuse(`dest: ${dest} begins with ~`, { hint: 'Write the whole path.' });
  const base = posix.resolve(String(task.vars.playbook_dir ?? '.'), dest);
  if (flat) {
    if (dest.endsWith('/')) return posix.join(base, baseOf(src));
    if (!task.findPath(base, 'files') || task.localFile(base) !== undefined) return base;
    return refuse('dest is an existing directory, use a trailing slash if you want to fetch src into that directory');
  }
  if (src.startsWith('~')) {
    return refuse(`src: ${src} begins with ~, and is part of the path here`, {
      hint: 'Write the whole path, or flat: true.',
    });
  }
  const own = posix.join(base, task.host);
  const path = posix.join(own, src);
  // A host's name, or a path that a host told, must not lead out of the folder.
  if (posix.dirname(own) === base && path.startsWith(`${own}/`)) return path;
  return refuse(`Detected directory traversal, expected to be contained in '${base}' but got '${path}'`);
}

function digest(algorithm: 'sha1' | 'md5', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}
