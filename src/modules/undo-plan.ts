import type { BeforeImage, FileImage, UnitImage } from '../core/before-image.js';
import { type HostUndo, sameImage, type UndoneFile } from '../core/host-undo.js';
import { type DueAction, putBackFile } from './put-back-file.js';

/** What is done about one path. */
export type FilePlan =
  | {
      readonly kind: 'put-back';
      readonly file: UndoneFile;
      readonly now: FileImage;
      readonly due: readonly DueAction[];
      readonly note: string | undefined;
    }
  | { readonly kind: 'as-before'; readonly file: UndoneFile }
  | { readonly kind: 'refuse'; readonly file: UndoneFile; readonly why: string };

/** What is done about one unit. */
export interface UnitPlan {
  readonly name: string;
  /** In the order in which it is done; `restart` and `start` come after every file is back. */
  readonly verbs: readonly UnitVerb[];
}
export type UnitVerb = 'stop' | 'disable' | 'unmask' | 'mask' | 'enable' | 'start' | 'restart';

export interface UndoPlan {
  readonly files: readonly FilePlan[];
  readonly units: readonly UnitPlan[];
  /** systemd has to read its files again. */
  readonly reload: boolean;
  readonly restarts: readonly string[];
  readonly notUndoable: readonly string[];
}

/**
 * What it takes to have a host as it was before a run.
 *
 * A file is put back where it stands as the run left it, or where the run never saw its step end; it is left where it
 * is as before, or where the run did not change it; else somebody has changed it since, and that is refused. What a
 * program writes by itself is put back without a look, and only along with something that makes it start anew.
 *
 * @param filesBack another part of the same host's undo has put files back
 */
export function undoPlan(undo: HostUndo, now: BeforeImage, filesBack = false): UndoPlan {
  const images = new Map(now.files.map((image) => [image.path, image]));
  const plain = undo.files.filter((file) => !file.generated).map((file) => filePlan(file, images.get(file.path)));
  const isBack = filesBack || undo.again || plain.some(({ kind }) => kind === 'put-back');
  const units = undo.units.map((unit) =>
    unitPlan(
      unit,
      now.units.find(({ name }) => name === unit.name),
      isBack,
    ),
  );
  const comesUpAnew = isBack || units.some(({ verbs }) => verbs.includes('start'));
  const generated = undo.files.filter((file) => file.generated && comesUpAnew);
  const files = [...plain, ...generated.map((file) => filePlan({ ...file, after: undefined }, images.get(file.path)))];
  return {
    files,
    units: units.filter(({ verbs }) => verbs.length > 0),
    reload:
      (undo.again && undo.units.length > 0) ||
      files.some((one) => one.kind === 'put-back' && isUnitFile(one.file.path)),
    restarts: isBack ? undo.restarts : [],
    notUndoable: undo.notUndoable,
  };
}

function filePlan(file: UndoneFile, now: FileImage | undefined): FilePlan {
  const { before, after, generated } = file;
  const refuse = (why: string): FilePlan => ({ kind: 'refuse', file, why });
  if (after !== undefined && sameImage(before, after)) return { kind: 'as-before', file };
  if (now === undefined) return refuse('what stands there now was not told');
  if (sameImage(before, now)) return { kind: 'as-before', file };
  if (after !== undefined && !isSame(after, now)) return refuse(`changed since: ${contrast(after, now)}`);
  const due = putBackFile(before, now, generated);
  if (typeof due === 'string') return refuse(`cannot be put back: ${due}`);
  const note = after === undefined && !generated ? 'its step was not seen to end' : undefined;
  return { kind: 'put-back', file, now, due, note };
}

/** Where neither content is known, the size and the rest have to do: a file that nobody may read. */
function isSame(after: FileImage, now: FileImage): boolean {
  if (
    after.kind === 'file' &&
    now.kind === 'file' &&
    after.digest === '' &&
    now.digest === '' &&
    after.bytes === now.bytes
  )
    return sameImage({ ...after, digest: '?' }, { ...now, digest: '?' });
  return sameImage(after, now);
}

/** `digest 1a2b3c4d5e6f, was 99aa00bb11cc`: how something stands, and how it was left. */
function contrast(after: FileImage, now: FileImage): string {
  if (after.kind !== now.kind) return `${kindWords(now)}, was ${kindWords(after)}`;
  const [is, was] = [wordsOf(now), wordsOf(after)];
  const name = Object.keys(was).find((key) => is[key] !== was[key]) ?? 'it';
  return `${name} ${is[name]}, was ${was[name]}`;
}

function kindWords(image: FileImage): string {
  return image.kind === 'absent' ? 'nothing there' : image.kind === 'other' ? `a ${image.what}` : `a ${image.kind}`;
}

function wordsOf(image: FileImage): Record<string, string> {
  switch (image.kind) {
    case 'file': {
      const { digest, bytes, mode, owner, group } = image;
      return { digest: digest.slice(0, 12) || 'unknown', size: String(bytes), mode, owner, group };
    }
    case 'folder':
      return { mode: image.mode, owner: image.owner, group: image.group };
    case 'link':
      return { target: image.target };
    default:
      return {};
  }
}

/** A unit's own file, a drop-in, or a link that enables it. */
function isUnitFile(path: string): boolean {
  return (
    /\/systemd\/system(\.control|\.attached)?\//.test(path) || /\.(service|socket|timer|mount|target|path)$/.test(path)
  );
}

const RUNS = new Set(['active', 'activating', 'reloading', 'refreshing']);

function unitPlan(was: UnitImage, now: UnitImage | undefined, isBack: boolean): UnitPlan {
  const none = { name: was.name, verbs: [] };
  // Without systemd there is nothing to tell it.
  if (now === undefined || was.active === '' || now.active === '') return none;
  return { name: was.name, verbs: [...enablement(was.enabled, now.enabled), ...activity(was, now, isBack)] };
}

function enablement(was: string, now: string): UnitVerb[] {
  if (was === now) return [];
  const isMasked = now.startsWith('masked');
  if (was.startsWith('masked')) return ['mask'];
  const unmask: UnitVerb[] = isMasked ? ['unmask'] : [];
  if (was === 'enabled') return [...unmask, 'enable'];
  if (now === 'enabled') return [...unmask, 'disable'];
  return unmask;
}

function activity(was: UnitImage, now: UnitImage, isBack: boolean): UnitVerb[] {
  if (!RUNS.has(was.active)) return RUNS.has(now.active) ? ['stop'] : [];
  if (isBack) return ['restart'];
  return RUNS.has(now.active) ? [] : ['start'];
}
