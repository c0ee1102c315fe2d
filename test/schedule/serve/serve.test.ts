import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, expect, test } from 'vitest';
import { fixFlannel, folderWith } from '../../support/cli.js';
import { freePorts } from '../../support/etcd.js';

const PROGRAM = join(import.meta.dirname, '../../../bin/fix-flannel.js');
const PATIENCE = { timeout: 60_000, interval: 100 };

const daemons: ChildProcess[] = [];
afterEach(() => {
  for (const daemon of daemons.splice(0)) if (daemon.exitCode === null) daemon.kill('SIGKILL');
});

/** Two hosts of this machine on which nothing listens. */
async function unreachable(): Promise<string> {
  const [first, second] = await freePorts(2);
  const host = (port: number | undefined) => `{ ansible_host: 127.0.0.1, ansible_port: ${port} }`;
  return `all:\n  hosts:\n    node1: ${host(first)}\n    node2: ${host(second)}\n`;
}

function start(folder: string) {
  const daemon = spawn(process.execPath, [PROGRAM, 'schedule', 'serve', join(folder, 'serve.yaml'), '--json'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  daemons.push(daemon);
  let said = '';
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const events = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const event = async (name: string, nth = 1) => {
    const found = () => events().filter((one) => one.event === name)[nth - 1];
    await expect.poll(() => found() !== undefined || said, PATIENCE).toBe(true);
    return found() as Record<string, unknown>;
  };
  const ended = new Promise<number | null>((resolve) => daemon.once('exit', (status) => resolve(status)));
  return { daemon, event, events, ended, said: () => said };
}

const config = (more = '') => `clusters:
  - name: unreachable
    inventory: inventory.yaml
    every: 1h
    check: { ssh_config: none }
    reports: [nagios=status.txt]
${more}listen: { port: 0 }
state_folder: state
`;

test('the real program: a check, its pages, another file, an end', async () => {
  const folder = folderWith({ 'inventory.yaml': await unreachable(), 'serve.yaml': config() });
  const { daemon, event, events, ended, said } = start(folder);
  const { port } = await event('serving');
  const checked = await event('check ended');
  expect(checked).toMatchObject({ cluster: 'unreachable', status: 3 });
  const at = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);

  const page = await (await at('/clusters/unreachable')).text();
  expect(page).toContain('Not evaluated');
  expect(page).toContain('node2');
  expect(await (await at('/')).text()).toContain('<a href="/clusters/unreachable">unreachable</a>');
  expect((await (await at('/clusters/unreachable/report.json')).json()) as object).toMatchObject({
    verdict: { kind: 'not-evaluated' },
  });
  expect(await (await at('/metrics')).text()).toContain(
    'fix_flannel_serve_last_exit_status{cluster="unreachable"} 3\n',
  );
  expect((await at('/healthz')).status).toBe(200);
  expect(readFileSync(join(folder, 'status.txt'), 'utf8')).not.toBe('');
  for (const name of ['latest.json', 'memory.json'])
    expect(statSync(join(folder, 'state/serve/unreachable', name)).mode & 0o777).toBe(0o600);

  writeFileSync(join(folder, 'serve.yaml'), 'clusters: nonsense\n');
  daemon.kill('SIGHUP');
  expect((await event('not reloaded')).why).toMatch(/clusters has to be a list.*The configuration from before goes on/);
  const second = '  - { name: second, inventory: inventory.yaml, every: 1h, check: { ssh_config: none } }\n';
  writeFileSync(join(folder, 'serve.yaml'), config(second));
  daemon.kill('SIGHUP');
  await event('check ended', 2);
  expect(
    events()
      .filter(({ event }) => event === 'check began')
      .map(({ cluster }) => cluster),
  ).toEqual(['unreachable', 'second']);

  daemon.kill('SIGTERM');
  expect([await ended, said().includes('trouble')]).toEqual([0, false]);
  expect(events().at(-1)?.event).toBe('stopped');

  // What is kept is known again: nothing is due, and the report is there at once.
  const again = start(folder);
  const { port: other } = await again.event('serving');
  expect(await (await fetch(`http://127.0.0.1:${other}/clusters/unreachable`)).text()).toContain('Not evaluated');
  again.daemon.kill('SIGINT');
  expect(await again.ended).toBe(0);
  expect(again.events().map(({ event }) => event)).toEqual(['serving', 'stopping', 'stopped']);
}, 180_000);

test('a check that runs is asked to stop when the daemon is', async () => {
  // A host that takes the connection and says nothing keeps a check waiting.
  const { createServer } = await import('node:net');
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const host = `{ ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_password: not-needed, ansible_timeout: 4 }`;
  const inventory = `all:\n  hosts:\n    node1: ${host}\n`;
  const folder = folderWith({ 'inventory.yaml': inventory, 'serve.yaml': config() });
  const { daemon, event, events, ended } = start(folder);
  const reached = new Promise((resolve) => silent.once('connection', resolve));
  await event('check began');
  await reached;
  daemon.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(events().map((one) => one.event)).toEqual(['serving', 'check began', 'stopping', 'check stopped', 'stopped']);
  expect(existsSync(join(folder, 'state/serve/unreachable/latest.json'))).toBe(false);
  silent.close();
}, 120_000);

test('--check-config says whether the file is well', async () => {
  const folder = folderWith({ 'inventory.yaml': '', 'serve.yaml': config(), 'bad.yaml': config('    jiter: 1m\n') });
  const serve = (file: string) => fixFlannel(['schedule', 'serve', join(folder, file), '--check-config']);
  expect(await serve('serve.yaml')).toEqual({ status: 0, stdout: '1 cluster; the file is well.\n', stderr: '' });
  const { status, stderr } = await serve('bad.yaml');
  expect(status).toBe(1);
  expect(stderr).toBe(`fix-flannel: ${folder}/bad.yaml:7:5: there is no jiter here\n  → Did you mean jitter?\n`);
});
