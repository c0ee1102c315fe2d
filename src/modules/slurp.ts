import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { path } from './arguments.js';

const Args = z.preprocess(
  (given) => {
    if (typeof given !== 'object' || given === null || !('path' in given)) return given;
    const { path: src, ...rest } = given as Record<string, unknown>;
    return { src, ...rest };
  },
  z.strictObject({ src: path }),
);

const MAX_BYTES = 64 * 1024 * 1024;

/** A file's content, in base64 as with Ansible. */
export const slurp = defineModule<z.infer<typeof Args>, { stat: Ask<FileStat>; content: Ask<Buffer> }>({
  name: 'slurp',
  about: 'Reads a file of the host; `result.content | b64decode` is its text',
  example: `- name: read the lease
  slurp:
    src: /run/flannel/subnet.env
  register: lease`,
  args: Args,
  needs: ({ src }) => ({
    stat: ask(fileStat, { path: src, follow: true }),
    content: ask(fileContent, { path: src, maxBytes: MAX_BYTES }),
  }),
  plan({ src }, { stat, content }) {
    if (stat.state === 'present' && stat.value.kind === 'directory') {
      return refuse(`source is a directory and must be a file: ${src}`);
    }
    if (content.state === 'absent') return refuse(`file not found: ${src}`);
    if (content.state === 'unreadable') return refuse(`file is not readable: ${src}: ${content.why}`);
    const encoded = content.value.toString('base64');
    return unchanged(`read ${src}`, { result: { content: encoded, source: src, encoding: 'base64' } });
  },
});
