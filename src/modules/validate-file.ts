import { type Action, run } from '../core/module.js';
import { printBytes, type Script, scriptAsWritten, sh } from '../core/script.js';
import { splitWords } from '../core/words.js';
import { touching } from './touching.js';

/**
 * Asks a command whether it accepts a file, before that file is put in place; a refusal fails the task.
 *
 * @param command words as of a shell, without a shell; `%s` is the file's path
 * @throws UnbalancedText
 */
export function validateAction(
  command: string,
  content: Uint8Array,
  { mode, owner, group }: { mode?: string | undefined; owner?: string | undefined; group?: string | undefined },
): Action {
  const script = sh`umask 077
t=$(mktemp 2>/dev/null) || { t=/tmp/fix-flannel.$$; ( set -C; true > "$t" ) || exit 1; }
trap 'rm -f "$t"' EXIT
${printBytes(content)} >| "$t" || exit 1
${mode === undefined ? [] : sh`chmod ${mode} "$t" || exit 1`}
${owner === undefined ? [] : sh`chown ${owner} "$t" || exit 1`}
${group === undefined ? [] : sh`chgrp ${group} "$t" || exit 1`}
${splitWords(command).map(withFile)} || { s=$?; echo 'failed to validate' >&2; exit $s; }`;
  return run(script, touching());
}

function withFile(word: string): Script {
  const pieces = word.split('%s').map((piece) => (piece === '' ? '' : sh`${piece}`.text));
  return scriptAsWritten(word === '' ? "''" : pieces.join('"$t"'));
}
