import type { FileImage, UnitImage } from './before-image.js';

/** What one identity's part of a run did to a host, as far as it can be undone. */
export interface HostUndo {
  readonly files: readonly UndoneFile[];
  /** Units that the run started, stopped or restarted, as they were before it, in the order of its first touch. */
  readonly units: readonly UnitImage[];
  /** Commands that bring programs without systemd back into force after their files were put back. */
  readonly restarts: readonly string[];
  /** Tasks that did not say what they touch: `cannot be undone`. */
  readonly notUndoable: readonly string[];
  /** An earlier undo of the same run did not come to its end: units are restarted though their files are back. */
  readonly again: boolean;
}

/** A path that a run touched. */
export interface UndoneFile {
  readonly path: string;
  readonly before: FileImage;
  /** As the run left it; undefined where the step that touched it last was not seen to end. */
  readonly after: FileImage | undefined;
  /** Written by a program on the host, so that it changes by itself. */
  readonly generated: boolean;
  /** Its content is not for people to see (`no_log`). */
  readonly hidden: boolean;
}

/** Whether two images say the same of a path. Digests that nobody knows are never the same. */
export function sameImage(one: FileImage, other: FileImage): boolean {
  if (one.kind === 'absent' || other.kind === 'absent') return one.kind === other.kind;
  if (one.kind === 'file' && other.kind === 'file') return sameContent(one, other) && sameAttributes(one, other);
  if (one.kind === 'folder' && other.kind === 'folder') return sameAttributes(one, other);
  if (one.kind === 'link' && other.kind === 'link') return one.target === other.target;
  return one.kind === 'other' && other.kind === 'other' && one.what === other.what;
}

export function sameContent(one: { digest: string }, other: { digest: string }): boolean {
  return one.digest !== '' && one.digest === other.digest;
}

export function sameAttributes(one: Owned, other: Owned): boolean {
  return one.mode === other.mode && one.owner === other.owner && one.group === other.group;
}

interface Owned {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}
