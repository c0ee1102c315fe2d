import { change, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import type { FileArguments, FileReadings } from './file.js';
import { attributeActions, attributeChange, attributeFields, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode, toldMode } from './file-mode.js';
import { touching } from './touching.js';

/** `state: touch`: an empty file where there is none, and the times set to now unless they are to be preserved. */
export function planTouch(args: FileArguments, { link, target }: FileReadings): Outcome {
  const itself = valueIfPresent(link);
  const now = valueIfPresent(target);
  if (itself && !now) return refuse(`${args.path} is a link that leads nowhere`);
  if (!now) return newFile(args);
  const at = args.follow ? (itself?.linkSource ?? args.path) : args.path;
  const changes = attributeChange(args, now);
  const times = timeOptions(args);
  const result = { dest: args.path, ...attributeFields(now, changes) };
  if (!differs(changes) && times === undefined) return unchanged(`${args.path} is already so`, { result });
  return change(`${args.path}: ${[...Object.keys(changes.after), ...(times ? ['times'] : [])].join(', ')}`, {
    diff: differs(changes)
      ? [{ path: args.path, before: attributeText(changes.before), after: attributeText(changes.after) }]
      : [],
    actions: [
      ...attributeActions(at, changes),
      ...(times ? [run(sh`touch ${times} ${pathWord(at)}`, touching(at))] : []),
    ],
    result,
  });
}

/** Undefined where both times stay. */
function timeOptions({ access_time = 'now', modification_time = 'now' }: FileArguments): string[] | undefined {
  if (access_time === 'preserve' && modification_time === 'preserve') return undefined;
  if (access_time === 'preserve') return ['-m'];
  return modification_time === 'preserve' ? ['-a'] : [];
}

function newFile({ path, mode, owner, group }: FileArguments): Outcome {
  const wanted = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode: octal(resolvedMode(mode, 0o644, false)) }),
  };
  return change(`${path} does not exist`, {
    diff: [{ path, before: 'state: absent\n', after: `state: file\n${attributeText(wanted)}` }],
    actions: [
      run(sh`touch ${pathWord(path)}`, touching(path)),
      ...attributeActions(path, { before: {}, after: wanted }),
    ],
    result: { dest: path, state: 'file', size: 0, mode: toldMode(wanted.mode ?? '0644') },
  });
}
