import { createHash } from 'node:crypto';
import type { FileImage } from '../core/before-image.js';
import type { Footprint } from '../core/footprint.js';
import { sameContent, sameImage } from '../core/host-undo.js';
import { type Action, run } from '../core/module.js';
import { sh } from '../core/script.js';
import { pathWord, writeFileScript } from '../core/write-file.js';

/** When an action is due: what has to make way first, then folders from above, files, and empty folders from below. */
export type Turn = 'folder' | 'file' | 'empty folder';

export interface DueAction {
  readonly turn: Turn;
  readonly path: string;
  readonly action: Action;
}

/**
 * What puts a path back as an image has it.
 *
 * @param before as it has to be again
 * @param now as it stands there
 * @returns a text where that cannot be done: why not
 */
export function putBackFile(before: FileImage, now: FileImage, generated: boolean): readonly DueAction[] | string {
  if (sameImage(before, now)) return [];
  const due = (turn: Turn, action: Action): DueAction => ({ turn, path: before.path, action });
  const touches: Partial<Footprint> = { files: [generated ? { path: before.path, generated } : { path: before.path }] };
  switch (before.kind) {
    case 'absent':
      return [
        now.kind === 'folder'
          ? due('empty folder', removeEmpty(now.path, touches))
          : due('file', remove(now.path, touches)),
      ];
    case 'folder':
      return makesWay(now, 'folder', touches)
        .map((action) => due('folder', action))
        .concat(due('folder', folder(before, now, touches)));
    case 'link':
      return [due('file', link(before, touches))];
    case 'file': {
      if (now.kind === 'file' && sameContent(before, now)) return [due('file', attributes(before, touches))];
      if (before.content === undefined) return 'it was not kept: too large, or not to be read';
      const write = generated
        ? run(writeScript(before, before.content), { touches })
        : writeAction(before, before.content);
      return [...makesWay(now, 'file', touches).map((action) => due('file', action)), due('file', write)];
    }
    case 'other':
      return `a ${before.what} stood there`;
    default:
      return before satisfies never;
  }
}

type Kept<Kind> = Extract<FileImage, { kind: Kind }>;

/** A link would be followed by what is written next, and a folder cannot be replaced. */
function makesWay(now: FileImage, wanted: 'file' | 'folder', touches: Partial<Footprint>): Action[] {
  if (now.kind === 'absent' || now.kind === wanted) return [];
  return [now.kind === 'folder' ? run(sh`rmdir ${pathWord(now.path)}`, { touches }) : remove(now.path, touches)];
}

function remove(path: string, touches: Partial<Footprint>): Action {
  return run(sh`rm -f ${pathWord(path)}`, { touches });
}

/** Others may have put something into it: then it stays. */
function removeEmpty(path: string, touches: Partial<Footprint>): Action {
  return run(sh`rmdir ${pathWord(path)} 2>/dev/null || [ -d ${pathWord(path)} ]`, { touches });
}

function folder(before: Kept<'folder'>, now: FileImage, touches: Partial<Footprint>): Action {
  const make = now.kind === 'folder' ? sh`:` : sh`mkdir ${pathWord(before.path)}`;
  return run(sh`${make} && ${attributeScript(before)}`, { touches });
}

function attributes(before: Kept<'file'>, touches: Partial<Footprint>): Action {
  return run(attributeScript(before), { touches });
}

/** The mode comes last, because a change of owner clears setuid. */
function attributeScript({ path, mode, owner, group }: Kept<'file'> | Kept<'folder'>) {
  const at = pathWord(path);
  return sh`chown ${owner} ${at} && chgrp ${group} ${at} && chmod ${mode} ${at}`;
}

function link({ path, target }: Kept<'link'>, touches: Partial<Footprint>): Action {
  const at = pathWord(path);
  return run(
    sh`p=${at}; t=$p.fix-flannel.$$
ln -s -- ${target} "$t" || exit 1
if [ -d "$p" ]; then
  if [ -L "$p" ]; then rm -f "$p"; else rmdir "$p" || { rm -f "$t"; exit 1; }; fi
fi
mv -f "$t" "$p" || { rm -f "$t"; exit 1; }`,
    { touches },
  );
}

function writeAction({ path, mode, owner, group }: Kept<'file'>, content: Buffer): Action {
  return { kind: 'write', path, content, mode, owner, group };
}

function writeScript({ path, mode, owner, group, digest }: Kept<'file'>, content: Buffer) {
  // A name for the new file that nothing else has: of this content and this path.
  const nonce = createHash('sha256').update(`${digest} ${path}`).digest('hex').slice(0, 24);
  return sh`mkdir -p -- "$(dirname -- ${pathWord(path)})" || exit 1
${writeFileScript({ path, content, mode, owner, group }, nonce)}`;
}
