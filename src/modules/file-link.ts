import { type Action, change, type Fields, type Outcome, refuse, run } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import type { FileStat } from '../facts/file-stat.js';
import type { FileArguments, FileReadings } from './file.js';
import { planAttributes } from './file-attribute-plan.js';
import { attributeActions, attributeChange, attributeFields, unchangedFields } from './file-attributes.js';
import { stateName } from './file-state.js';
import { baseOf, below, directoryOf } from './host-path.js';
import { touching } from './touching.js';

/** `state: link`. */
export function planLink(args: FileArguments, readings: FileReadings): Outcome {
  const itself = valueIfPresent(readings.link);
  const state = stateName(itself);
  const source = readings.source && valueIfPresent<FileStat>(readings.source);
  const why = whyNoLink(args, state, source);
  if (why !== undefined) return refuse(why, { result: { path: args.path, src: args.src } });
  if (itself?.kind === 'link' && (args.src === undefined || itself.linkTarget === args.src)) {
    return keptLink(args, itself, valueIfPresent(readings.target));
  }
  const src = args.src ?? '';
  // What a new link leads to gets the attributes, where links are followed and it exists.
  const attributes = args.follow && source ? attributeChange(args, source) : undefined;
  const at = below(directoryOf(args.path), src);
  return change(state === 'link' ? `${args.path} leads to ${itself?.linkTarget}` : `${args.path} is ${state}`, {
    diff: [{ path: args.path, before: before(state, itself), after: `state: link\nsrc: ${src}\n` }],
    actions: [linkAction(args.path, src, state, ['-s']), ...(attributes ? attributeActions(at, attributes) : [])],
    result: { dest: args.path, src, ...newLinkFields(src) },
  });
}

/** A link's size is the length of what it says. */
function newLinkFields(src: string): Fields {
  return { state: 'link', mode: '0777', size: Buffer.byteLength(src) };
}

/** `state: hard`. */
export function planHardLink(args: FileArguments, readings: FileReadings): Outcome {
  const { src } = args;
  const isDirectory = valueIfPresent(readings.target)?.kind === 'directory' && src !== undefined && readings.inside;
  const path = isDirectory ? below(args.path, baseOf(src)) : args.path;
  const itself = valueIfPresent<FileStat>(isDirectory ? (readings.inside ?? readings.link) : readings.link);
  const state = stateName(itself);
  const source = readings.source && valueIfPresent<FileStat>(readings.source);
  if (state !== 'hard' && src === undefined) return refuse('src is required for creating new hardlinks');
  if (src !== undefined && !source) return refuse('src does not exist', { result: { dest: path, src } });
  if (itself && (!source || (itself.inode === source.inode && itself.device === source.device))) {
    return withNames(planAttributes({ ...args, path }, itself, path), { dest: path, src: src ?? null });
  }
  const inTheWay = itself && whyNotOver(path, state, args.force);
  if (inTheWay !== undefined)
    return refuse(inTheWay, { result: { dest: path, src, ...(itself && unchangedFields(itself)) } });
  const attributes = source ? attributeChange(args, source) : { before: {}, after: {} };
  return change(`${path} is ${state}`, {
    diff: [{ path, before: before(state, itself), after: `state: hard\nsrc: ${src}\n` }],
    actions: [linkAction(path, src ?? '', state, []), ...attributeActions(path, attributes)],
    result: { dest: path, src, ...(source && attributeFields(source, attributes)), state: 'hard' },
  });
}

function whyNotOver(path: string, state: string, force: boolean): string | undefined {
  if (state === 'directory') return `Cannot link because ${path} is a directory`;
  if (state === 'hard' && !force) return 'Cannot link, different hard link exists at destination';
  return state === 'file' && !force ? 'Cannot link, file exists at destination' : undefined;
}

/** With Ansible links have a `dest`, everything else a `path`. */
function withNames(outcome: Outcome, more: Fields): Outcome {
  if (!('result' in outcome)) return outcome;
  const { path: _path, ...rest } = outcome.result ?? {};
  return { ...outcome, result: { ...rest, ...more } };
}

function whyNoLink(args: FileArguments, state: string, source: FileStat | undefined): string | undefined {
  const { path, src, force } = args;
  if (src === undefined) return state === 'link' ? undefined : 'src is required for creating new symlinks';
  if (!force && !source) {
    const at = below(directoryOf(path), src);
    return `src file does not exist, use "force=yes" if you really want to create the link: ${at}`;
  }
  if (['directory', 'file', 'hard'].includes(state) && !force) {
    return `refusing to convert from ${state} to symlink for ${path}`;
  }
  return undefined;
}

/** Attributes go to what the link leads to, or to the link itself where links are not followed. */
function keptLink(args: FileArguments, itself: FileStat, target: FileStat | undefined): Outcome {
  const now = args.follow ? target : itself;
  const at = args.follow ? (itself.linkSource ?? args.path) : args.path;
  const unwanted = { ...args, mode: undefined, owner: undefined, group: undefined };
  const outcome = now ? planAttributes(args, now, at) : planAttributes(unwanted, itself, at);
  return withNames(outcome, { dest: args.path, src: itself.linkTarget, ...unchangedFields(itself) });
}

function before(state: string, itself: FileStat | undefined): string {
  return `state: ${state}\n${itself?.linkTarget === undefined ? '' : `src: ${itself.linkTarget}\n`}`;
}

/** A link beside the path, then one rename: the path is never missing. An empty directory makes way first. */
function linkAction(path: string, src: string, state: string, options: readonly string[]): Action {
  const at = pathWord(path);
  if (state === 'absent') return run(sh`ln ${options} ${plainWord(src)} ${at}`, touching(path));
  const clear = state === 'directory' ? sh`rmdir ${at} || exit 1` : sh`:`;
  // `mv` would move into a directory that a link leads to, so that one makes way too.
  const script = sh`p=${at}; t=$p.fix-flannel.$$
ln ${options} ${plainWord(src)} "$t" || exit 1
${clear}
[ ! -L "$p" ] || [ ! -d "$p" ] || mv -fT "$t" "$p" 2>/dev/null || rm -f "$p"
[ ! -e "$t" ] && [ ! -L "$t" ] || mv -f "$t" "$p" || { rm -f "$t"; exit 1; }`;
  return run(script, touching(path));
}

/** The text of a link is kept as it is; only a leading minus has to be no option, which `--` says. */
function plainWord(src: string) {
  return sh`-- ${src}`;
}
