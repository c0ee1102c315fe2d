import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BeforeImage } from '../../src/core/before-image.js';
import type { Connection } from '../../src/core/connection.js';
import { ask } from '../../src/core/fact.js';
import type { Outcome } from '../../src/core/module.js';
import { apply } from '../../src/engine/apply.js';
import { readAsks } from '../../src/engine/gather.js';
import { beforeImage } from '../../src/facts/before-image.js';
import { hostUndos } from '../../src/journal/host-undo.js';
import type { HostEntry } from '../../src/journal/record.js';
import { putBackModule } from '../../src/modules/put-back.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { newFolder } from '../journal/make.js';
import { runsInGate } from '../support/in-gate.js';
import { SHELLS } from '../support/local-shell.js';
import { taskContext } from '../support/run-module.js';
import { takingTurns } from '../support/taking-turns.js';

const NAMES = ['plain', 'with blank', '-dash', "it's", 'a\nb', '$(x)', 'ü', '~tilde'];
const SCRATCH = newFolder('fix-flannel-undo-');
const at = '2026-11-24T22:00:00.000Z';

/** What may stand at a path. */
const State = fc.oneof(
  fc.constant({ kind: 'absent' as const }),
  fc.record({
    kind: fc.constant('file' as const),
    content: fc.uint8Array({ maxLength: 60 }),
    mode: fc.constantFrom(0o644, 0o600, 0o4755, 0o400),
  }),
  fc.record({
    kind: fc.constant('link' as const),
    target: fc.constantFrom('nowhere', 'a b', '-x', 'a\nb', './plain', "'"),
  }),
  fc.record({ kind: fc.constant('folder' as const), mode: fc.constantFrom(0o755, 0o1777, 0o500) }),
);
type State = typeof State extends fc.Arbitrary<infer T> ? T : never;

function put(path: string, state: State): void {
  rmSync(path, { recursive: true, force: true });
  if (state.kind === 'file') writeFileSync(path, state.content);
  if (state.kind === 'folder') mkdirSync(path);
  if (state.kind === 'link') symlinkSync(state.target, path);
  if ('mode' in state) chmodSync(path, state.mode);
}

/** A folder for one try alone: one that was given up for want of time may go on in the background. */
const ownFolder = () => mkdtempSync(join(SCRATCH, 'try-'));

/** Everything below a folder: kind, mode, owner, content. */
function snapshot(folder: string): unknown {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      const what = stat.isSymbolicLink()
        ? readlinkSync(path)
        : stat.isFile()
          ? readFileSync(path).toString('hex')
          : 'folder';
      return [name, what, stat.isSymbolicLink() ? 0 : stat.mode, stat.uid, stat.gid];
    });
}

const TWO_SHELLS = takingTurns(SHELLS.filter(({ shell }) => shell !== 'bash as sh'));

describe.each(TWO_SHELLS)('under $shell', ({ argv, env, turn }) => {
  let connection: Connection;

  beforeAll(async () => {
    const shell = join(ownFolder(), 'sh');
    writeFileSync(shell, `#!/bin/sh\nexec ${argv.join(' ')} "$@"\n`, { mode: 0o755 });
    connection = await connectLocal('here', { shell, env: { ...process.env, ...env } });
  }, 30_000);
  afterAll(() => connection.close());

  const how = { nonce: 'f00df00df00df00df00df00d', timeoutMs: 10_000 };
  async function imageOf(files: readonly string[], keepContent = true): Promise<BeforeImage> {
    const { image } = await readAsks(connection, { image: ask(beforeImage, { files, units: [], keepContent }) }, how);
    if (image.state !== 'present') throw new Error(JSON.stringify(image));
    return image.value;
  }

  async function undone(entries: readonly HostEntry[]): Promise<Outcome> {
    const module = putBackModule(new Map([['here', hostUndos(entries).map(({ undo }) => undo)]]));
    const args = { part: 0, files_back: false };
    const needs = module.needs?.(args, taskContext()) as Record<string, never>;
    const outcome = module.plan(args, (await readAsks(connection, needs, how)) as never, taskContext());
    const applier = {
      connection,
      nonce: () => 'abc123',
      timeoutMs: 10_000,
      sleep: async () => {},
      now: Date.now,
      newConnection: async () => connection,
    };
    if (outcome.kind === 'change') for (const action of outcome.actions) await apply(action, applier as never);
    return outcome;
  }

  /** Does something between two images, as a run would, and gives the entries that tell of it. */
  async function journalled(files: readonly string[], act: () => void, ends = true): Promise<HostEntry[]> {
    const entries: HostEntry[] = [
      { kind: 'before', at, become: undefined, image: await imageOf(files), generated: [] },
      { kind: 'begin', at, step: 1, task: 't', module: 'm', why: '', undoable: true, files },
    ];
    act();
    if (!ends) return entries;
    return [
      ...entries,
      { kind: 'end', at, step: 1, outcome: 'done', why: '', after: (await imageOf(files, false)).files },
    ];
  }

  const Change = fc.uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), before: State, after: State }), {
    selector: ({ name }) => name,
    minLength: 3,
    maxLength: 5,
  });

  test('undo(do(x)) is x', async () => {
    const numRuns = runsInGate(20);
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(Change, async (changes) => {
        const folder = ownFolder();
        for (const { name, before } of changes) put(join(folder, name), before);
        const before = snapshot(folder);
        const paths = changes.map(({ name }) => join(folder, name));
        const entries = await journalled(paths, () => {
          for (const { name, after } of changes) put(join(folder, name), after);
        });
        const outcome = await undone(entries);
        if (outcome.kind === 'change') changed++;
        expect(outcome.kind).not.toBe('refuse');
        expect(snapshot(folder)).toEqual(before);
        expect((await undone(entries)).kind).toBe('unchanged');
      }),
      { numRuns },
    );
    expect(changed).toBeGreaterThan(numRuns / 2);
  }, 120_000);

  test('what somebody changed since is refused, and nothing is touched', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 20 }),
        fc.uint8Array({ maxLength: 20 }),
        fc.uint8Array({ maxLength: 20 }),
        async (was, left, since) => {
          fc.pre(
            Buffer.compare(was, left) !== 0 && Buffer.compare(left, since) !== 0 && Buffer.compare(was, since) !== 0,
          );
          const folder = ownFolder();
          const [one, two] = [join(folder, 'plain'), join(folder, 'with blank')];
          writeFileSync(one, was);
          const entries = await journalled([one, two], () => {
            writeFileSync(one, left);
            writeFileSync(two, left);
          });
          writeFileSync(one, since);
          const before = snapshot(folder);
          expect(await undone(entries)).toMatchObject({
            kind: 'refuse',
            why: expect.stringContaining('changed since'),
          });
          expect(snapshot(folder)).toEqual(before);
        },
      ),
      { numRuns: runsInGate(8) },
    );
  }, 60_000);

  test('a file that a killed step left torn is whole again', async () => {
    const folder = ownFolder();
    const path = join(folder, 'plain');
    writeFileSync(path, 'all of it\n');
    const before = snapshot(folder);
    const entries = await journalled([path], () => truncateSync(path, 3), false);
    expect(await undone(entries)).toMatchObject({ kind: 'change', why: expect.stringContaining('not seen to end') });
    expect(snapshot(folder)).toEqual(before);
  });

  turn('what was written through a link is put back where it leads', async () => {
    const folder = ownFolder();
    writeFileSync(join(folder, 'plain'), 'old');
    symlinkSync('plain', join(folder, '-dash'));
    const before = snapshot(folder);
    const entries = await journalled([join(folder, '-dash')], () => writeFileSync(join(folder, '-dash'), 'new'));
    expect((await undone(entries)).kind).toBe('change');
    expect(snapshot(folder)).toEqual(before);
  });

  turn('a file over 1 MiB is told by its digest, and not kept', async () => {
    const path = join(ownFolder(), 'plain');
    writeFileSync(path, Buffer.alloc(1024 * 1024 + 1, 7));
    const [image] = (await imageOf([path])).files;
    expect(image).toMatchObject({
      kind: 'file',
      bytes: 1024 * 1024 + 1,
      content: undefined,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    writeFileSync(path, Buffer.alloc(1024 * 1024, 10));
    expect((await imageOf([path])).files).toMatchObject([
      { bytes: 1024 * 1024, content: expect.objectContaining({ length: 1024 * 1024 }) },
    ]);
  });

  turn('a folder with something of somebody else in it stays', async () => {
    const made = join(ownFolder(), 'with blank');
    const entries = await journalled([made], () => mkdirSync(made));
    writeFileSync(join(made, 'mine'), '');
    expect((await undone(entries)).kind).toBe('change');
    expect(existsSync(join(made, 'mine'))).toBe(true);
  });
});
