import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/**
 * Asks a person on the terminal that controls the program. It waits as long as they need.
 *
 * @param isShown whether what is typed is shown: not where it is a secret
 * @param instead what to do where there is no terminal, for the hint
 * @returns what was typed, without its line end; empty for Ctrl-D
 * @throws FixError `cli/usage` at once without a terminal; `cli/interrupted` for Ctrl-C
 */
export async function askOnTerminal(question: string, instead: string, isShown = false): Promise<string> {
  const input = openTerminal('r');
  const output = openTerminal('w');
  if (input === undefined || output === undefined) throw nobodyThere(question, instead);
  const terminal = new ReadStream(input);
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (isShown) writeSync(output, chunk);
      done();
    },
  });
  const prompt = createInterface({ input: terminal, output: echo, terminal: true, historySize: 0 });
  writeSync(output, printableLine(question));
  try {
    return await new Promise<string>((resolve, reject) => {
      prompt.once('line', resolve);
      prompt.once('SIGINT', () => reject(interrupted()));
      prompt.once('close', () => resolve(''));
    });
  } finally {
    prompt.close();
    terminal.destroy();
    writeSync(output, '\n');
    closeSync(output);
  }
}

/** Undefined where no terminal controls the program. */
function openTerminal(how: 'r' | 'w'): number | undefined {
  try {
    return openSync('/dev/tty', how);
  } catch {
    return undefined;
  }
}

function nobodyThere(question: string, instead: string): FixError {
  const what = printableLine(question.replace(/:\s*$/, ''));
  return new FixError('cli/usage', `there is no terminal on which anybody could be asked: ${what}`, { hint: instead });
}

function interrupted(): FixError {
  return new FixError('cli/interrupted', 'stopped at a prompt', { hint: 'Run it again when the answer is at hand.' });
}
