import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { Command } from 'commander';
import { EXIT, FixError } from '../core/error.js';
import { count } from '../core/text.js';
import type { Serving } from '../schedule/serve/serve.js';
import { stateFolder } from './state-folder.js';

interface ServeOptions {
  readonly json?: boolean;
  readonly checkConfig?: boolean;
}

/** `schedule serve`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('a daemon: check many clusters on a schedule, serve their reports, tell what changes')
    .argument('<config>', 'YAML file of clusters and times; docs/serve.md shows one')
    .option('--check-config', 'read the file, say what is wrong with it, and end')
    .option('--json', 'the log as JSON lines')
    .action(async (config: string, options: ServeOptions) => {
      process.exitCode = await serveUntilStopped(config, options);
    });
}

/** Runs until SIGTERM or SIGINT; SIGHUP reads the file again. @returns the exit status */
async function serveUntilStopped(path: string, { json, checkConfig }: ServeOptions): Promise<number> {
  const [{ readServeConfig }, { serve }, { systemTimers }, { logLines }] = await Promise.all([
    import('../schedule/serve/read-config.js'),
    import('../schedule/serve/serve.js'),
    import('../schedule/serve/system-timers.js'),
    import('../schedule/serve/log-lines.js'),
  ]);
  const readConfig = () => readServeConfig(path, { stateFolder: stateFolder(undefined), now: Date.now() });
  const config = readConfig();
  if (checkConfig) {
    process.stdout.write(`${count(config.clusters.length, 'cluster')}; the file is well.\n`);
    return EXIT.sound;
  }
  // A log that nobody reads any more is no reason to stop.
  process.stderr.on('error', () => {});
  const log = logLines((line) => void process.stderr.write(line), json === true, Date.now);
  const nonce = () => randomBytes(6).toString('hex');
  const world = { program: thisProgram(), timers: systemTimers, random: Math.random, nonce, log, readConfig };
  return untilStopped(await serve(config, world));
}

async function untilStopped(serving: Serving): Promise<number> {
  const reload = () => serving.reload();
  process.on('SIGHUP', reload);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  await serving.stop();
  process.off('SIGHUP', reload);
  return EXIT.sound;
}

/** How this program was started, to be started again: the interpreter, its options, the program. */
function thisProgram(): readonly [string, ...string[]] {
  const [, program] = process.argv;
  if (program === undefined)
    throw new FixError('cli/usage', 'the program does not know its own file', { hint: 'Start bin/fix-flannel.js.' });
  return [process.execPath, ...process.execArgv, program];
}
