import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Event, HostCounts } from '../../src/engine/events.js';
import { asAnsibleCounts, type Pass, type PassName, toldByHost } from './corpus.js';
import { command, LAB_DIR, LAB_INVENTORY, lab, PROGRAM } from './lab.js';
import { NODES } from './lab-state.js';

export const OPERATORS = fileURLToPath(new URL('../operators', import.meta.url));
const SNAPSHOT = readFileSync(join(OPERATORS, 'snapshot.sh'), 'utf8');
const VARYING: readonly (readonly [pattern: string, word: string])[] = JSON.parse(
  readFileSync(join(OPERATORS, 'varying.json'), 'utf8'),
);
/** In this order: a check comes first, where nothing was changed yet. */
export const PASSES = ['check', 'first', 'again'] as const satisfies readonly PassName[];

/** The projects, by name. */
export function operatorProjects(): string[] {
  return readdirSync(OPERATORS).filter((name) => existsSync(join(OPERATORS, name, 'site.yml')));
}

/** Whether Ansible's account of a project is there. */
export function isRecorded(project: string): boolean {
  return existsSync(join(OPERATORS, project, 'recorded.json'));
}

/** What Ansible made of a project, as `record.py` wrote it down. */
export function recordedOnGuests(project: string): Record<PassName, Pass> {
  return JSON.parse(readFileSync(join(OPERATORS, project, 'recorded.json'), 'utf8'));
}

/** Runs a project as `record.py` does, on guests that were just booted. */
export async function runOnGuests(project: string): Promise<Record<PassName, Pass>> {
  await lab('up', '3');
  await snapshot('before');
  const check = await runPass(project, '--check', '--diff');
  const first = await runPass(project);
  return { check, first, again: await runPass(project) };
}

async function runPass(project: string, ...words: readonly string[]): Promise<Pass> {
  const folder = join(OPERATORS, project);
  const vault = join(folder, 'vault-password');
  const ended = await command('lab/lab', [
    ...['ctl', process.execPath, PROGRAM, 'playbook', join(folder, 'site.yml'), '--json'],
    ...['-i', LAB_INVENTORY, '-i', join(folder, 'inventory.yml')],
    ...['-e', JSON.stringify({ lab_ssl: `${LAB_DIR}/run/ssl` })],
    ...(existsSync(vault) ? ['--vault-password-file', vault] : []),
    ...words,
  ]);
  const events = ended.stdout
    .split('\n')
    .filter((line) => line.startsWith('{"phase"'))
    .map((line): Event => JSON.parse(line));
  const recap = events.find((event) => event.kind === 'recap');
  if (recap === undefined) throw new Error(`${project}: exit ${ended.status}\n${ended.stdout}\n${ended.stderr}`);
  const counts = Object.entries(recap.hosts as unknown as Record<string, HostCounts>);
  const pass = {
    hosts: toldByHost(events),
    recap: Object.fromEntries(counts.map(([host, count]) => [host, asAnsibleCounts(count)])),
    stats: recap.stats,
    files: await snapshot('after'),
  };
  let text = JSON.stringify(pass).replaceAll(LAB_DIR, 'LAB').replaceAll(folder, 'PROJECT');
  for (const [pattern, word] of VARYING) text = text.replace(new RegExp(pattern, 'g'), word);
  return JSON.parse(text);
}

/** @returns by node and path what is there now and was not so before, with `after` */
async function snapshot(word: 'before' | 'after'): Promise<Record<string, string>> {
  const texts = await Promise.all(NODES.map((node) => lab('exec', node, 'sh', '-c', SNAPSHOT, 'sh', word)));
  const rows = texts.flatMap((text, index) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [path, what, content = ''] = line.split('\t');
        const read = Buffer.from(content, 'base64').toString();
        return [`${NODES[index]}:${path}`, read === '' ? what : `${what} ${read}`] as const;
      }),
  );
  return Object.fromEntries(rows) as Record<string, string>;
}
