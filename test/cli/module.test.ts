import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { warmFlannel } from '../support/warm-cli.js';

// What `ansible` of ansible-core 2.14.18 printed for the same words, over a local connection.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fix-flannel-module-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => warmFlannel(['module', '-i', 'one,two,', '-c', 'local', ...args], { cwd: folder });

describe('module prints what ansible prints', () => {
  test.each<[string[], string, number]>([
    [['all', '-a', 'echo hi', '-f1'], 'one | CHANGED | rc=0 >>\nhi\ntwo | CHANGED | rc=0 >>\nhi\n', 0],
    [
      ['one', '-m', 'shell', '-a', 'echo out; echo err >&2; exit 3'],
      'one | FAILED | rc=3 >>\nouterrnon-zero return code\n',
      2,
    ],
    [['one', '-m', 'command', '-a', 'true'], 'one | CHANGED | rc=0 >>\n\n', 0],
    [['one', '-m', 'command', '-a', 'uptime', '--check'], 'one | SKIPPED\n', 0],
    [
      ['one', '-m', 'command', '-a', 'echo a creates=/tmp'],
      "one | SUCCESS | rc=0 >>\nskipped, since /tmp existsDid not run command since '/tmp' exists\n",
      0,
    ],
    [['one', '-m', 'command', '-a', 'printf "a\\nb\\n"', '-o'], 'one | CHANGED | rc=0 | (stdout) a\\nb\n', 0],
    [['one', '-m', 'shell', '-a', 'echo x; echo y >&2', '-o'], 'one | CHANGED | rc=0 | (stdout) x (stderr) y\n', 0],
    [['one', '-m', 'debug', '-a', 'msg=hi'], 'one | SUCCESS => {\n    "msg": "hi"\n}\n', 0],
    [
      ['one', '-m', 'debug', '-a', 'var=inventory_hostname'],
      'one | SUCCESS => {\n    "inventory_hostname": "one"\n}\n',
      0,
    ],
    [
      ['one', '-m', 'assert', '-a', 'that=false'],
      'one | FAILED! => {\n    "assertion": "false",\n    "changed": false,\n    "evaluated_to": false,\n    "msg": "Assertion failed"\n}\n',
      2,
    ],
    [['one', '-m', 'fail', '-a', 'msg=no'], 'one | FAILED! => {\n    "changed": false,\n    "msg": "no"\n}\n', 2],
    [['one', '-m', 'fail', '-a', 'msg=no', '-o'], 'one | FAILED! => {"changed": false,"msg": "no"}\n', 2],
    [['all', '--list-hosts'], '  hosts (2):\n    one\n    two\n', 0],
  ])('%j', async (args, stdout, status) => {
    const end = await run(...args);
    expect(end.stdout, end.stderr).toBe(stdout);
    expect(end.status).toBe(status);
  });
});

test('control characters of an output do not reach the terminal', async () => {
  const { stdout } = await run('one', '-m', 'shell', '-a', "printf '\\033]0;x\\007'");
  expect(stdout).not.toContain('\u001b');
});

test('-t keeps what each host answers in a file of its name', async () => {
  expect((await run('all', '-m', 'debug', '-a', 'msg=hi', '-t', 'tree')).status).toBe(0);
  expect(readdirSync(join(folder, 'tree')).sort()).toEqual(['one', 'two']);
  expect(JSON.parse(readFileSync(join(folder, 'tree', 'one'), 'utf8'))).toEqual({ msg: 'hi' });
});

test('-m setup shows the facts that a filter names', async () => {
  const { stdout } = await run('one', '-m', 'setup', '-a', 'filter=ansible_system');
  expect(JSON.parse(stdout.replace('one | SUCCESS => ', ''))).toMatchObject({
    ansible_facts: { ansible_system: 'Linux' },
    changed: false,
  });
});

test('-B lets a task run on and waits for it, -P 0 does not', async () => {
  const waited = await run('one', '-m', 'shell', '-a', 'echo done', '-B', '30', '-P', '1');
  expect(waited.stdout).toContain('done');
  const left = await run('one', '-m', 'shell', '-a', 'echo done', '-B', '30', '-P', '0');
  expect(left.stdout).toContain('ansible_job_id');
});

test('-a that begins as JSON and is none is told before anything runs', async () => {
  const end = await run('one', '-m', 'debug', '-a', '{"msg": ');
  expect(end).toMatchObject({ status: 5, stdout: '' });
  expect(end.stderr).toContain('is no JSON');
});
