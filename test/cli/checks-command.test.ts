import process from 'node:process';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checksCommands, explainCommand } from '../../src/cli/checks-command.js';
import { checks } from '../../src/diagnose/index.js';

afterEach(() => vi.restoreAllMocks());

async function said(...args: string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const root = new Command().exitOverride().addCommand(checksCommands()).addCommand(explainCommand());
  await root.parseAsync(args, { from: 'user' });
  vi.restoreAllMocks();
  return written.join('');
}

describe('checks list', () => {
  test('has a line for every check, in the order of the catalogue, aligned', async () => {
    const lines = (await said('checks', 'list')).split('\n').filter((line) => /^FF\d/.test(line));
    expect(lines).toEqual(checks.map(({ id, severity, title }) => `${id}  ${severity.padEnd(5)}  ${title}`));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('is what `checks` alone does', async () => expect(await said('checks')).toBe(await said('checks', 'list')));

  test('is one JSON document with --json', async () => {
    const listed = JSON.parse(await said('checks', 'list', '--json'));
    expect(listed.checks.map(({ id }: { id: string }) => id)).toEqual(checks.map(({ id }) => id));
    expect(listed.checks.find(({ id }: { id: string }) => id === 'FF103')).toEqual({
      id: 'FF103',
      severity: 'warn',
      title: 'dead lease',
      about: 'Every node keeps a route and a forwarding entry for it, and its subnet cannot be leased until it ends.',
      task: 'Dead leases',
      causes: ['dead lease', 'lease of no known node'],
      onlyInCheck: false,
    });
  });
});

describe('explain', () => {
  test.each(checks.map(({ id }) => ({ id })))('$id fits 80 columns, and has every part', async ({ id }) => {
    const lines = (await said('explain', id)).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[0]).toMatch(new RegExp(`^${id} `));
    for (const part of [
      'Why it matters',
      'What is read',
      'How to see it by hand',
      'How to mend it',
      'Causes that it names',
    ])
      expect(lines).toContain(part);
  });

  test('says the severity, the commands as they are, the task and the causes', async () => {
    const text = await said('explain', 'FF103');
    expect(text).toMatch(/^FF103 dead lease \(warn\)\n/);
    expect(text).toContain('\n  for k in $(ETCDCTL_API=2 etcdctl ls $P); do\n');
    expect(text).toContain('\n  Task of the shipped playbook: Dead leases\n');
    expect(text).toContain('\n  - dead lease\n  - lease of no known node\n');
  });

  test.each(['ff101', 'Ff101', ' FF101 '])('takes %j', async (id) => {
    expect(await said('explain', id)).toBe(await said('explain', 'FF101'));
  });

  test.each([
    { id: 'FF110', hint: /Did you mean .*FF101/ },
    { id: 'FF1O1', hint: /Did you mean .*FF101/ },
    { id: 'dead-lease', hint: /`fix-flannel checks list` names them all/ },
    { id: 'x'.repeat(100_000), hint: /names them all/ },
    { id: '\u001b[31mFF101', hint: /names them all/ },
  ])('an id that there is not is wrong usage', async ({ id, hint }) => {
    const error = await said('explain', id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'cli/usage', hint: expect.stringMatching(hint) });
    const { message } = error as Error;
    expect(message.length).toBeLessThan(80);
    expect(message).not.toContain('\u001b');
  });

  test('any other id is wrong usage, told on one line that can be printed', async () => {
    const ids = new Set(checks.map(({ id }) => id));
    const other = fc.string({ unit: 'binary', minLength: 1 }).filter((id) => !ids.has(id.trim().toUpperCase()));
    await fc.assert(
      fc.asyncProperty(other, async (id) => {
        const error = await said('explain', '--', id).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'cli/usage' });
        expect((error as Error).message).toMatch(/^there is no check "[^\p{Cc}\p{Zl}\p{Zp}]*"$/u);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
