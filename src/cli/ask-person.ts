import { FixError } from '../core/error.js';
import type { Question } from '../engine/run.js';
import { askOnTerminal } from './ask-on-terminal.js';
import type { WhileAsking } from './login-secrets.js';

/**
 * Asks what a play wants to know; twice, where that has to be confirmed, until both answers are the same.
 * @returns undefined where there is no terminal
 * @throws FixError `cli/interrupted`
 */
export async function askPerson(
  { text, isPrivate, confirm, otherwise }: Question,
  whileAsking: WhileAsking,
): Promise<string | undefined> {
  const shown = otherwise === undefined || isPrivate ? text : `${text} [${otherwise}]`;
  const ask = (question: string) => whileAsking(() => askOnTerminal(`${question}: `, '', !isPrivate));
  try {
    for (;;) {
      const answer = (await ask(shown)) || otherwise;
      if (!confirm || ((await ask(`confirm ${shown}`)) || otherwise) === answer) return answer;
    }
  } catch (error) {
    if (error instanceof FixError && error.code === 'cli/usage') return undefined;
    throw error;
  }
}
