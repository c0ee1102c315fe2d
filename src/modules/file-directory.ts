import { type Action, change, type Fields, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { joinScripts, sh } from '../core/script.js';
import type { FileStat } from '../facts/file-stat.js';
import type { TreeEntry } from '../facts/file-tree.js';
import type { FileArguments, FileReadings } from './file.js';
import {
  type AttributeChange,
  attributeChange,
  attributeFields,
  attributeScript,
  attributeText,
  differs,
} from './file-attributes.js';
import { octal, resolvedMode, toldMode } from './file-mode.js';
import { wayTo } from './host-path.js';
import { makeDirectory } from './make-directory.js';
import { touching } from './touching.js';

/** `state: directory`. */
export function planDirectory(args: FileArguments, { link, target, tree }: FileReadings): Outcome {
  const itself = valueIfPresent(link);
  const now = itself?.kind === 'link' && args.follow ? valueIfPresent(target) : itself;
  if (itself && !now) return refuse(`${args.path} is a link that leads nowhere`);
  if (!now) return newDirectory(args);
  if (now.kind !== 'directory') return refuse(`${args.path} already exists as a ${now.kind}`);
  if (tree?.state === 'unreadable') return refuse(`cannot list ${args.path}: ${tree.why}`);
  return existingDirectory(args, now, itself?.linkSource ?? args.path, tree ? (valueIfPresent(tree) ?? []) : []);
}

/** Each directory that is missing on the way gets the mode and the owner, as with Ansible. */
function newDirectory({ path, mode, owner, group }: FileArguments): Outcome {
  const wanted = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode: octal(resolvedMode(mode, NEW_MODE, true)) }),
  };
  const steps = wayTo(path).map((part) => makeDirectory(part, wanted));
  const result: Fields = {
    path,
    state: 'directory',
    mode: toldMode(wanted.mode ?? octal(NEW_MODE)),
    ...named(owner, group),
  };
  return change(`${path} does not exist`, {
    diff: [{ path, before: 'state: absent\n', after: `state: directory\n${attributeText(wanted)}` }],
    actions: [run(joinScripts(steps), touching(...wayTo(path)))],
    result,
  });
}

const NEW_MODE = 0o755;

function named(owner: string | undefined, group: string | undefined): Fields {
  return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
}

function existingDirectory(args: FileArguments, now: FileStat, at: string, tree: readonly TreeEntry[]): Outcome {
  const own = attributeChange(args, now);
  const within = tree.map((entry) => ({ entry, changes: attributeChange(args, entry) }));
  const differing = within.filter(({ changes }) => differs(changes));
  const result = { path: args.path, ...attributeFields(now, own) };
  if (!differs(own) && differing.length === 0) return unchanged(`${args.path} is already so`, { result });
  const actions: Action[] = differs(own) ? [run(attributeScript([at], own.after), touching(at))] : [];
  const isFew = differing.length <= MOST_TOUCHED;
  for (const group of alike(differing)) {
    const script = sh`${attributeScript(group.paths, group.after)} || exit 1`;
    actions.push(run(script, isFew ? touching(...group.paths) : {}));
  }
  return change(`${args.path}: ${reasons(own, differing.length)}`, {
    diff: [
      ...(differs(own) ? [{ path: args.path, ...texts(own) }] : []),
      ...differing.map(({ entry, changes }) => ({ path: entry.path, ...texts(changes) })),
    ],
    actions,
    result,
  });
}

function texts({ before, after }: AttributeChange): { before: string; after: string } {
  return { before: attributeText(before), after: attributeText(after) };
}

function reasons(own: AttributeChange, inside: number): string {
  const words = Object.keys(own.after);
  return [...words, ...(inside === 0 ? [] : [`${inside} below it`])].join(', ');
}

const BATCH = 200;

/** A larger tree is changed without a way back. */
const MOST_TOUCHED = 200;

/** Entries that need the same change, in lots that fit one command line. */
function alike(differing: readonly { entry: TreeEntry; changes: AttributeChange }[]) {
  const lots = new Map<string, { paths: string[]; after: AttributeChange['after'] }[]>();
  for (const { entry, changes } of differing) {
    const key = JSON.stringify(changes.after);
    const list = lots.get(key) ?? [];
    const last = list.at(-1);
    if (last && last.paths.length < BATCH) last.paths.push(entry.path);
    else list.push({ paths: [entry.path], after: changes.after });
    lots.set(key, list);
  }
  return [...lots.values()].flat();
}
