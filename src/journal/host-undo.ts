import type { FileImage, UnitImage } from '../core/before-image.js';
import type { HostUndo, UndoneFile } from '../core/host-undo.js';
import { identityKey } from './identity-key.js';
import type { HostEntry, Identity } from './record.js';

/** What there is to undo on a host, for each identity that the run changed it as. */
export interface IdentityUndo {
  readonly become: Identity | undefined;
  readonly undo: HostUndo;
}

/**
 * What a host's entries come to: each path as it was before the run and as the run left it.
 *
 * @param again an earlier undo of the same run did not come to its end
 */
export function hostUndos(entries: readonly HostEntry[], again = false): IdentityUndo[] {
  const left = leftBehind(entries);
  const steps = entries.filter((entry) => entry.kind === 'begin');
  const identities = new Map<string, { become: Identity | undefined; files: UndoneFile[]; units: UnitImage[] }>();
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry.kind !== 'before') continue;
    const key = identityKey(entry.become);
    const part = identities.get(key) ?? { become: entry.become, files: [], units: [] };
    identities.set(key, part);
    for (const before of entry.image.files) {
      if (seen.has(before.path)) continue;
      seen.add(before.path);
      part.files.push(undoneFile(before, left));
    }
    for (const unit of entry.image.units) {
      if (!part.units.some(({ name }) => name === unit.name)) part.units.push(unit);
    }
  }
  const restarts = [...new Set(steps.flatMap(({ restart }) => restart ?? []))];
  const notUndoable = [...new Set(steps.filter((step) => !step.undoable).map(({ task }) => task))];
  // Units come up again once every file is back, so whoever has them goes last.
  const parts = [...identities.values()].sort((a, b) => a.units.length - b.units.length);
  return parts.map(({ become, files, units }, index) => ({
    become,
    undo: { files, units, again, ...(index === parts.length - 1 ? { restarts, notUndoable } : NOTHING_MORE) },
  }));
}

const NOTHING_MORE = { restarts: [], notUndoable: [] };

/** Tasks that did not say what they touch: nothing of them can be undone. */
export function notUndoable(entries: readonly HostEntry[]): string[] {
  const tasks = entries.flatMap((entry) => (entry.kind === 'begin' && !entry.undoable ? [entry.task] : []));
  return [...new Set(tasks)];
}

/** How a run left the paths that it touched. */
interface Left {
  /** The last image after a step; undefined where a step may have changed it since. */
  readonly images: ReadonlyMap<string, FileImage | undefined>;
  readonly hidden: ReadonlySet<string>;
  readonly generated: ReadonlySet<string>;
  /** A step did not end and did not say what it touches: any path without an image may be its. */
  readonly isVague: boolean;
}

function leftBehind(entries: readonly HostEntry[]): Left {
  const images = new Map<string, FileImage | undefined>();
  const hidden = new Set<string>();
  const generated = new Set<string>();
  const targets = targetsIn(entries);
  const withTarget = (path: string) => [path, ...(targets.get(path) ?? [])];
  const vague = new Set<number>();
  for (const entry of entries) {
    if (entry.kind === 'before') for (const path of entry.generated.flatMap(withTarget)) generated.add(path);
    if (entry.kind === 'begin') {
      const files = (entry.files ?? []).flatMap(withTarget);
      // Until the step is seen to end, its files may stand anywhere between two states.
      for (const path of files) images.set(path, undefined);
      if (entry.hidden) for (const path of files) hidden.add(path);
      if (entry.files === undefined) vague.add(entry.step);
    }
    if (entry.kind === 'end') {
      for (const image of entry.after) images.set(image.path, image);
      if (entry.outcome !== 'lost') vague.delete(entry.step);
    }
  }
  return { images, hidden, generated, isVague: vague.size > 0 };
}

/** What the links among the images lead to. */
function targetsIn(entries: readonly HostEntry[]): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  for (const entry of entries) {
    const images = entry.kind === 'before' ? entry.image.files : entry.kind === 'end' ? entry.after : [];
    for (const image of images) {
      if (image.kind !== 'link' || image.leadsTo === undefined) continue;
      targets.set(image.path, [...(targets.get(image.path) ?? []), image.leadsTo]);
    }
  }
  return targets;
}

function undoneFile(before: FileImage, { images, hidden, generated, isVague }: Left): UndoneFile {
  const { path } = before;
  // Without an image it was written down ahead of a step that the run never came to, and was left as it was. What a
  // program writes by itself has none.
  const after = images.has(path) || isVague || generated.has(path) ? images.get(path) : before;
  return { path, before, after, generated: generated.has(path), hidden: hidden.has(path) };
}
