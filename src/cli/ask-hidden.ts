import process from 'node:process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { FixError } from '../core/error.js';

/**
 * Asks a person for a secret; what is typed is not echoed. Ctrl-C ends the program as it does anywhere.
 * @throws FixError `cli/usage` where standard input is no terminal: nobody is there to be asked
 */
export async function askHidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new FixError('cli/usage', `nobody can be asked for this: ${question.replace(/:\s*$/, '')}`, {
      hint: 'Standard input is no terminal. Name a file instead: --vault-password-file FILE.',
    });
  }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve) => {
      prompt.once('line', resolve);
      prompt.once('close', () => resolve(''));
      prompt.once('SIGINT', () => {
        prompt.close();
        process.kill(process.pid, 'SIGINT');
      });
    });
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
