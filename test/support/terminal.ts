import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Runs the built program on a terminal of its own, and types an answer whenever a prompt stands there.
 * @param answers what is typed after a text that has newly appeared: `[/word: $/, 'answer\r']`
 * @returns all that was shown, and the exit status
 */
export function onTerminal(
  args: readonly string[],
  answers: readonly (readonly [RegExp, string])[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; shown: string }> {
  const words = [process.execPath, join(ROOT, 'bin', 'fix-flannel.js'), ...args];
  const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'dumb', ...env },
    timeout: 60_000,
  });
  let shown = '';
  let from = 0;
  const left = [...answers];
  const take = (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = left;
    if (next === undefined || !next[0].test(shown.slice(from))) return;
    from = shown.length;
    left.shift();
    child.stdin.write(next[1]);
  };
  child.stdout.on('data', take);
  child.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, shown }));
  });
}
