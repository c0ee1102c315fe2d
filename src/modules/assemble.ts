import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { defineModule, type Outcome, refuse, type TaskContext } from '../core/module.js';
import { printableLine } from '../core/text.js';
import { filePieces, type Piece, type Pieces } from '../facts/file-pieces.js';
import type { Answers } from './answers.js';
import { bool, fileAttributeArguments, path, word } from './arguments.js';
import { joinedPieces } from './joined-pieces.js';
import { type PlaceReadings, placeFile, placeNeeds } from './place-file.js';
import { refusedEdit } from './validate-file.js';

const Args = z.strictObject({
  ...fileAttributeArguments,
  src: path,
  dest: path,
  backup: bool.default(false),
  delimiter: word.optional(),
  follow: bool.default(false),
  ignore_hidden: bool.default(false),
  regexp: word.optional(),
  remote_src: bool.default(true),
  validate: word.refine((value) => value.includes('%s'), 'validate must contain %s').optional(),
});

type AssembleArguments = z.infer<typeof Args>;
type Needs = ReturnType<typeof placeNeeds> & { pieces?: Ask<Pieces> };

/** One file made of all files of a folder. */
export const assemble = defineModule<AssembleArguments, Needs>({
  name: 'assemble',
  about: 'Makes one file out of the files of a folder, in the order of their names',
  example: `- name: one file of all options
  assemble:
    src: /etc/flannel/options.d
    dest: /etc/flannel/options.env
    mode: "0644"`,
  args: Args,
  needs: ({ src, dest, remote_src }) => ({
    ...placeNeeds(dest),
    ...(remote_src ? { pieces: ask(filePieces, { path: src }) } : {}),
  }),
  plan(args, readings, task) {
    const pieces = args.remote_src ? piecesOf(args.src, readings) : piecesHere(args.src, task);
    if ('kind' in pieces) return pieces;
    try {
      return placed(args, joinedPieces(pieces.pieces, args), readings, task.check);
    } catch (error) {
      if (error instanceof SlowPattern) return refuse(error.message, { hint: SLOW_PATTERN_HINT });
      if (!(error instanceof SyntaxError)) throw error;
      return refuse(`Invalid Regexp (${printableLine(error.message)}) in "${args.regexp}"`);
    }
  },
});

function piecesOf(src: string, { pieces }: Answers<Needs>): Pieces | Outcome {
  if (pieces?.state === 'unreadable') return refuse(`cannot read what is in ${src}: ${pieces.why}`);
  if (pieces?.state !== 'present') return refuse(`Source (${src}) does not exist`);
  return pieces.value.isDirectory ? pieces.value : refuse(`Source (${src}) is not a directory`);
}

function piecesHere(src: string, task: TaskContext): Pieces | Outcome {
  const folder = src.replace(/\/+$/, '');
  const names = task.listFolder(folder, 'files');
  if (names === undefined) return refuse(`Source (${src}) is not a directory on this machine`);
  const root = task.findPath(folder, 'files') ?? folder;
  const pieces = names
    .filter((name) => !name.includes('/'))
    .map((name): Piece => ({ name, content: task.readFile(`${root}/${name}`, 'files') }));
  return { isDirectory: true, pieces };
}

function placed(args: AssembleArguments, content: Buffer, readings: PlaceReadings, check: boolean): Outcome {
  const { dest, src } = args;
  const wanted = { ...args, path: dest, content, force: true, fields: {}, refused: refusedEdit, check };
  const outcome = placeFile(wanted, readings);
  if (!args.remote_src || (outcome.kind !== 'change' && outcome.kind !== 'unchanged')) return outcome;
  const { path: _path, ...fields } = outcome.result ?? {};
  const result = { ...fields, src, dest, md5sum: createHash('md5').update(content).digest('hex'), msg: 'OK' };
  if (outcome.kind === 'unchanged' || args.validate === undefined) return { ...outcome, result };
  const at = outcome.actions.findIndex((action) => action.kind === 'run' && action.failure !== undefined);
  return {
    ...outcome,
    result,
    conclude: (outputs) => {
      const { status, stdout, stderr } = outputs[at] ?? { status: 0, stdout: '', stderr: '' };
      return at < 0 ? {} : { validation: { rc: status, stdout, stderr } };
    },
  };
}
