import { type Action, type Outcome, refuse, run } from '../core/module.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import type { Answers } from './answers.js';
import { baseOf, below, wayTo } from './host-path.js';
import { type Place, type PlaceReadings, placeFile, placeNeeds } from './place-file.js';
import { touching } from './touching.js';

type Inside = 'insideLink' | 'insideTarget' | 'insideContent';
type Needs = ReturnType<typeof placeNeeds>;
export type FileNeeds = Needs & { [K in Inside]?: K extends 'insideContent' ? Needs['content'] : Needs['link'] };

/** What stands at `dest`, and below it under the source's name, for where `dest` turns out to be a directory. */
export function fileNeeds(dest: string, src: string | undefined): FileNeeds {
  if (src === undefined) return placeNeeds(dest);
  const inside = placeNeeds(below(dest, baseOf(src)));
  return {
    ...placeNeeds(dest),
    insideLink: inside.link,
    insideTarget: inside.target,
    insideContent: inside.content,
  };
}

export interface Placement {
  readonly dest: string;
  /** The source's path, whose last part is the file's name in a directory. */
  readonly name: string | undefined;
  readonly content: Buffer;
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly directory_mode?: string | undefined;
  readonly backup: boolean;
  readonly force: boolean;
  readonly follow: boolean;
  readonly checksum?: string | undefined;
  readonly validate?: string | undefined;
  readonly check: boolean;
}

/** Where `dest` leads, and what has to be done there. */
export function planPlacement(placement: Placement, readings: Answers<FileNeeds>): Outcome {
  const { dest, name, checksum } = placement;
  const found = placeOf(dest, name, readings);
  if (typeof found === 'string') return refuse(found);
  const fields = name === undefined ? {} : { src: name };
  const makeDirectory = found.missing ? makeDirectories(dest, placement) : undefined;
  const wanted = { ...placement, path: found.path, fields, makeDirectory };
  const outcome = placeFile(wanted, found.place);
  const made = 'result' in outcome ? outcome.result?.checksum : undefined;
  if (checksum !== undefined && made !== undefined && made !== checksum) {
    return refuse('Copied file does not match the expected checksum. Transfer failed.', {
      result: { checksum: made, expected_checksum: checksum },
    });
  }
  return outcome;
}

/** The path that is meant, with what stands there; a text where it cannot be told. */
export function placeOf(
  dest: string,
  src: string | undefined,
  readings: Answers<FileNeeds>,
): { path: string; place: Place; missing: boolean } | string {
  const { target } = readings as PlaceReadings;
  if (target.state === 'unreadable') return `cannot look at ${dest}: ${target.why}`;
  const isDirectory = target.state === 'present' && target.value.kind === 'directory';
  const missing = target.state === 'absent' && dest.endsWith('/');
  if (!isDirectory && !missing) return { path: dest, place: readings as Place, missing: false };
  if (src === undefined) return 'can not use content with a dir as dest';
  const { insideLink: link, insideTarget: inside, insideContent: content } = readings;
  if (!link || !inside || !content) return `cannot look into ${dest}`;
  return { path: below(dest, baseOf(src)), place: { link, target: inside, content, parent: target }, missing };
}

/** Makes a directory that a trailing slash promises; owner and group go to it too. */
export function makeDirectories(
  path: string,
  { owner, group, directory_mode: mode }: Pick<Placement, 'owner' | 'group' | 'directory_mode'>,
): Action {
  const at = pathWord(path);
  const script = sh`mkdir -p ${at}
${mode === undefined ? [] : sh`chmod ${mode} ${at} || exit 1`}
${owner === undefined ? [] : sh`chown ${owner} ${at} || exit 1`}
${group === undefined ? [] : sh`chgrp ${group} ${at} || exit 1`}`;
  return run(script, touching(...wayTo(path)));
}
