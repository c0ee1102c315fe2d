import { type Action, type ActionOutput, type Fields, run } from '../core/module.js';
import { printBytes, type Script, scriptAsWritten, sh } from '../core/script.js';
import { splitWords } from '../core/words.js';
import { streams } from './command-result.js';
import { touching } from './touching.js';

/**
 * Asks a command whether it accepts a file, before that file is put in place; a refusal fails the task.
 *
 * @param command words as of a shell, without a shell; `%s` is the file's path
 * @param failure the fields of the result where it refuses
 * @throws UnbalancedText
 */
export function validateAction(
  command: string,
  content: Uint8Array,
  { mode, owner, group }: { mode?: string | undefined; owner?: string | undefined; group?: string | undefined },
  failure: (output: ActionOutput) => Fields,
): Action {
  const script = sh`umask 077
t=$(mktemp 2>/dev/null) || { t=/tmp/fix-flannel.$$; ( set -C; true > "$t" ) || exit 1; }
trap 'rm -f "$t"' EXIT
${printBytes(content)} >| "$t" || exit 1
${mode === undefined ? [] : sh`chmod ${mode} "$t" || exit 1`}
${owner === undefined ? [] : sh`chown ${owner} "$t" || exit 1`}
${group === undefined ? [] : sh`chgrp ${group} "$t" || exit 1`}
${splitWords(command).map(withFile)}`;
  return run(script, { ...touching(), failure });
}

/** What `copy` and `template` tell of a file that was refused. */
export function refusedCopy({ status, stdout, stderr }: ActionOutput): Fields {
  return { msg: 'failed to validate', exit_status: status, ...streams(stdout, stderr) };
}

/** What the modules that edit a file tell of one that was refused. */
export function refusedEdit({ status, stderr }: ActionOutput): Fields {
  return { msg: `failed to validate: rc:${status} error:${stderr}` };
}

function withFile(word: string): Script {
  const pieces = word.split('%s').map((piece) => (piece === '' ? '' : sh`${piece}`.text));
  return scriptAsWritten(word === '' ? "''" : pieces.join('"$t"'));
}
