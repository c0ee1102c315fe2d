import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './work.js';

/** A lab that is up is used as it is and stays; otherwise one is booted, with Python, and taken down at the end. */
export async function openLab(
  root: string,
  tell: (line: string) => void,
  atEnd: (close: () => Promise<void>) => void,
): Promise<Lab> {
  const folder = process.env.LAB_DIR ?? '/var/tmp/fix-flannel-lab';
  const name = process.env.LAB_NAME ?? 'fflab';
  const env = { ...process.env, LAB_PYTHON: '1' };
  const run = (...args: string[]) => output(join(root, 'lab/lab'), args, env);
  if (!existsSync(`/run/netns/${name}-ctl`)) {
    tell('booting a lab');
    atEnd(async () => void (await run('down')));
    await run('up', '3');
  }
  const python = await run('exec', 'node1', 'test', '-x', '/usr/bin/python3').then(
    () => true,
    () => false,
  );
  if (!python) tell('the lab that is up has no Python: Ansible is left out on it');
  return {
    inventory: join(folder, 'inventory.yaml'),
    folder,
    python,
    inside: (argv) => ['nsenter', `--net=/run/netns/${name}-ctl`, ...argv],
    run,
  };
}

function output(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => out.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      const text = Buffer.concat(out).toString();
      if (status === 0) resolve(text);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${status}: ${text}`));
    });
  });
}
