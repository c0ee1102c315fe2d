import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import { ABSENT, ask, defineFact } from '../../src/core/fact.js';
import { neverShow } from '../../src/core/mask.js';
import { absent, present, unreadable } from '../../src/core/reading.js';
import { sh } from '../../src/core/script.js';
import type { World } from '../../src/engine/run.js';
import { memoryRegistry } from '../../src/etcd/memory-registry.js';
import { flannelEtcdFiles } from '../../src/facts/flannel-etcd-files.js';
import { flannelProcess } from '../../src/facts/flannel-process.js';
import { printedRecords } from '../../src/facts/host-records.js';
import { answersOf, HostFileJson, hostJson } from '../../src/recording/format.js';
import { inventoryOf } from '../../src/recording/kept-inventory.js';
import { readRecording } from '../../src/recording/read-folder.js';
import { recorder } from '../../src/recording/recorder.js';
import type { KeptAnswer, Recording } from '../../src/recording/recording.js';
import { replayed } from '../../src/recording/replay.js';
import { writeRecording } from '../../src/recording/write-folder.js';
import { localWorld } from '../support/run-playbook.js';
import { capturedRecording } from './captured-recording.js';
import { checked, settingsOf } from './diagnosed.js';
import { talkingHost } from './talking-host.js';

const scratch = mkdtempSync(join(tmpdir(), 'fix-flannel-recording-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Where the machine has much else to do. */
const SLOW = { timeout: 120_000 };

const NONCE = '0123456789abcdef01234567';
const OPTIONS = { nonce: NONCE, timeoutMs: 1000 };

/** A fact whose reading is all that its script printed. */
const bytesFact = defineFact({
  name: 'test.bytes',
  about: 'bytes',
  script: ({ of }: { of: string }) => sh`cat ${of}`,
  parse: (_stdout, _query, bytes) => bytes.toString('base64'),
});

interface Said {
  readonly stdout: Buffer;
  readonly status: number;
  readonly stderr?: string;
}

/** A host that says this to one exchange: a single answer as it is, several between boundaries. */
function saying(host: string, answers: readonly Said[]): Connection {
  const [only] = answers;
  const together = {
    stdout: Buffer.concat(answers.flatMap(({ stdout, status }) => [stdout, Buffer.from(`\n${NONCE} ${status}\n`)])),
    stderr: Buffer.from(answers.map(({ stderr = '' }) => `${stderr}\n${NONCE} 0\n`).join('')),
    status: 0,
  };
  return {
    host,
    run: async ({ text }) =>
      text.includes(NONCE) || only === undefined ? together : { ...only, stderr: Buffer.from(only.stderr ?? '') },
    tunnel: () => Promise.reject(new Error('no tunnel')),
    close: async () => {},
  };
}

const inventory = inventoryOf(capturedRecording('broken'));

const settings = settingsOf(inventory);

function listening(world: Partial<World> = {}) {
  return recorder({ ...localWorld(), ...world }, settings);
}

function throughFolder(recording: Recording): { recording: Recording; folder: string; text: string } {
  const folder = join(scratch, randomBytes(6).toString('hex'));
  writeRecording(folder, recording, { nonce: 'n', force: false });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return {
    recording: readRecording(folder),
    folder,
    text: files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n'),
  };
}

/** The same without a disk, for many of them. */
function throughText(host: string, answers: readonly KeptAnswer[]): readonly KeptAnswer[] {
  return answersOf(HostFileJson.parse(JSON.parse(JSON.stringify(hostJson(host, answers)))));
}

/** What was read through a recorder, and what is read of its recording after that. */
async function readTwice(asks: Parameters<World['readFacts']>[1], answers: readonly Said[]) {
  const { world, recording } = listening();
  const first = await world.readFacts('node1', asks, async () => saying('node1', answers), OPTIONS);
  const kept = throughFolder(recording());
  const again = await replayed(kept.recording, localWorld()).readFacts('node1', asks, neverConnect, OPTIONS);
  return { first, again, text: kept.text };
}

const neverConnect = () => Promise.reject(new Error('a replay connects to nothing'));

describe('what is read of a recording is what was read of the host', () => {
  test('any bytes, any status', SLOW, async () => {
    const said = fc.record({
      stdout: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      status: fc.constantFrom(0, 0, 0, 1, ABSENT, 127),
      stderr: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll(NONCE, '')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 4 }), async (answers) => {
        const asks = Object.fromEntries(answers.map((_, at) => [`q${at}`, ask(bytesFact, { of: `file ${at}` })]));
        const { world, recording } = listening();
        const first = await world.readFacts('node1', asks, async () => saying('node1', answers), OPTIONS);
        const { hosts, ...rest } = recording();
        const kept = new Map([...hosts].map(([host, list]) => [host, throughText(host, list)]));
        const again = replayed({ ...rest, hosts: kept }, localWorld());
        expect(await again.readFacts('node1', asks, neverConnect, OPTIONS)).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });

  test('an answer that broke off, one that is too long, and one that was never asked for', async () => {
    const small = { ...bytesFact, name: 'test.small', mostBytes: 3 };
    const asks = { long: ask(small, { of: 'a' }), cut: ask(bytesFact, { of: 'b' }) };
    const { first, again } = await readTwice(asks, [{ stdout: Buffer.from('four'), status: 0 }]);
    expect(first).toEqual({
      long: unreadable('test.small: the answer is larger than 3 bytes'),
      cut: unreadable('the host answered only in part'),
    });
    expect(again).toEqual(first);
    const { recording } = throughFolder(capturedRecording('broken'));
    const other = await replayed(recording, localWorld()).readFacts('node1', asks, neverConnect, OPTIONS);
    expect(other.cut).toEqual(unreadable('it was not asked when this was recorded'));
  });

  test('what was thrown is thrown again', async () => {
    const { world, recording } = listening();
    const lost = new FixError('ssh/lost', 'the connection broke', { hint: 'Look at the network.', at: 'node1' });
    const asks = { one: ask(bytesFact, { of: 'a' }) };
    await expect(world.readFacts('node1', asks, () => Promise.reject(lost), OPTIONS)).rejects.toBe(lost);
    const again = replayed(throughFolder(recording()).recording, localWorld());
    const words = { code: lost.code, message: lost.message, hint: lost.hint, at: 'node1' };
    await expect(again.readFacts('node1', asks, neverConnect, OPTIONS)).rejects.toMatchObject(words);
    await expect(again.readFacts('node2', asks, neverConnect, OPTIONS)).rejects.toMatchObject({
      code: 'host/unreadable',
    });
  });
});

describe('where leases are kept', () => {
  const spec = {
    store: 'v2',
    endpoints: ['http://10.0.0.1:2379'],
    prefix: '/x',
    tls: undefined,
    deadlineMs: 1,
  } as const;
  const content = {
    config: '{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan","VNI":7}}',
    leases: {
      '10.1.2.0-24': {
        value: { PublicIP: '10.0.0.2', BackendType: 'vxlan', BackendData: { VtepMAC: '0E:11:53:FE:04:DF' } },
        ttlSeconds: 4000,
      },
      '10.1.3.0-24': { value: { PublicIP: '10.0.0.3' } },
      'no-subnet': { value: 'rubbish' },
    },
  };

  test.each([
    { about: 'a configuration and leases, malformed ones too', given: content },
    { about: 'no configuration', given: {} },
    { about: 'a configuration that flanneld refuses', given: { config: '{}' } },
  ])('$about', async ({ given }) => {
    const { world, recording } = listening({ openRegistry: () => memoryRegistry(given) });
    const first = world.openRegistry(spec);
    const said = [await first.config(), await first.leases()];
    const again = replayed(throughFolder(recording()).recording, localWorld()).openRegistry(spec);
    expect([await again.config(), await again.leases()]).toEqual(said);
    const [lease] = (await again.leases()).leases;
    if (lease) await expect(again.deleteLease(lease)).rejects.toMatchObject({ code: 'host/unreadable' });
  });

  test('an error, the health, and another etcd that was not asked', async () => {
    const failing = memoryRegistry();
    failing.failWith(new FixError('etcd/no-quorum', 'no quorum', { hint: 'Start the others.' }));
    const health = {
      members: [
        { endpoint: 'http://10.0.0.1:2379', state: 'unhealthy', why: 'slow', version: undefined, certificateEnds: 7 },
      ],
      quorum: false,
      clientCertificateEnds: undefined,
      v2: 'off',
    } as const;
    const { world, recording } = listening({ openRegistry: () => failing, etcdHealth: async () => health });
    await expect(world.openRegistry(spec).config()).rejects.toThrow('no quorum');
    await world.etcdHealth(spec);
    await world.whereIsConfig(spec);
    const again = replayed(throughFolder(recording()).recording, localWorld());
    await expect(again.openRegistry(spec).config()).rejects.toMatchObject({ code: 'etcd/no-quorum' });
    expect(await again.etcdHealth(spec)).toEqual(health);
    expect(await again.whereIsConfig(spec)).toBe('nowhere');
    const other = again.openRegistry({ ...spec, prefix: '/y' });
    await expect(other.config()).rejects.toThrow('was not asked for when this was recorded');
  });

  test('a road that fails after another one led there takes nothing away', async () => {
    const registry = memoryRegistry(content);
    const { world, recording } = listening({ openRegistry: () => registry });
    await world.openRegistry(spec).leases();
    registry.failWith(new FixError('etcd/unreachable', 'no road', { hint: '-' }));
    await expect(world.openRegistry(spec).leases()).rejects.toThrow('no road');
    const again = replayed(throughFolder(recording()).recording, localWorld()).openRegistry(spec);
    expect((await again.leases()).leases).toHaveLength(2);
  });
});

describe('a whole check', () => {
  test.each(['broken', 'fixed'] as const)('of the %s cluster is the same once more', SLOW, async (name) => {
    const source = capturedRecording(name);
    const world = {
      ...localWorld(),
      connect: async (host: string) => talkingHost(host, source.hosts.get(host) ?? []),
      openRegistry: replayed(source, localWorld()).openRegistry,
      now: () => source.gatheredAt,
    };
    const ears = recorder(world, settingsOf(inventory));
    const first = await checked(inventory, ears.world);
    const { recording } = throughFolder(ears.recording());
    const again = await checked(inventoryOf(recording), replayed(recording, localWorld()));
    expect(first.findings.length).toBeGreaterThan(0);
    expect(again.findings).toEqual(first.findings);
    expect(again.pictures).toEqual(first.pictures);
    expect(recording.gatheredAt).toBe(source.gatheredAt);
  });

  test('variables are kept as they were rendered, and never rendered again', async () => {
    const { hosts } = inventory;
    const vars = { place: '/kubernetes', flannel_etcd_prefix: '{{ place }}/network', flannel_unit: 'flanneld.service' };
    const named = { ...inventory, hosts: new Map([...hosts].map(([name, host]) => [name, { ...host, vars }])) };
    const extraVars = { flannel_iface: '{{ "{{" }} 7 }}', flannel_etcd_password: 'hunter2 forever', other: 'x' };
    const ears = recorder({ ...localWorld(), connect: neverConnect }, settingsOf(named, { extraVars }));
    await checked(named, ears.world, { extraVars });
    const { recording, text } = throughFolder(ears.recording());
    expect(recording.inventory.hosts[0]?.vars).toEqual({
      flannel_etcd_prefix: '/kubernetes/network',
      flannel_iface: '{{ 7 }}',
      flannel_unit: 'flanneld.service',
    });
    expect(text).not.toContain('hunter2');
    const again = recorder(replayed(recording, localWorld()), settingsOf(inventoryOf(recording)));
    await checked(inventoryOf(recording), again.world);
    expect(again.recording().inventory.hosts[0]?.vars.flannel_iface).toBe('{{ 7 }}');
  });

  test('with --limit only those hosts are in it', async () => {
    const ears = recorder({ ...localWorld(), connect: neverConnect }, settingsOf(inventory, { limit: 'node2' }));
    await checked(inventory, ears.world, { limit: 'node2' });
    const { recording } = throughFolder(ears.recording());
    expect(recording.inventory.hosts.map(({ name }) => name)).toEqual(['node2']);
    expect(recording.inventory.groups.find(({ name }) => name === 'flannel')?.hosts).toEqual(['node2']);
  });
});

const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----\n';

describe('no secret is in any file', () => {
  const records = (given: readonly (readonly [string, string])[]) =>
    printedRecords(given.map(([name, text]) => ({ name, bytes: Buffer.from(text) })));

  test('the files for etcd are withheld, and which of them are missing is told', async () => {
    const asks = { files: ask(flannelEtcdFiles, { paths: ['/ca', '/key', '/gone', '/shut'] }) };
    const stdout = records([
      ['path', '/ca'],
      ['content', 'certificate text'],
      ['path', '/key'],
      ['content', KEY],
      ['path', '/gone'],
      ['absent', ''],
      ['path', '/shut'],
      ['denied', ''],
    ]);
    const { again, text } = await readTwice(asks, [{ stdout, status: 0 }]);
    expect(text).not.toMatch(/MIIE|certificate text/);
    const files = again.files?.state === 'present' ? (again.files.value as Map<string, { state: string }>) : new Map();
    expect([...files].map(([path, { state }]) => `${path} ${state}`)).toEqual([
      '/ca present',
      '/key present',
      '/gone absent',
      '/shut unreadable',
    ]);
  });

  test('a torn answer of theirs is not kept at all', async () => {
    const asks = { files: ask(flannelEtcdFiles, { paths: ['/key'] }) };
    const { again, text } = await readTwice(asks, [
      { stdout: Buffer.from(`path 4\n/key\ncontent 99\n${KEY}`), status: 0 },
    ]);
    expect(text).not.toContain('MIIE');
    expect(again.files?.state).toBe('unreadable');
  });

  test.each([
    { about: 'as one word', words: ['flanneld', '--etcd-password=s3cret with spaces'] },
    { about: 'as two words', words: ['flanneld', '-etcd-password', 's3cret\u0001of two lines'] },
    { about: 'in a shell', words: ['sh', '-c', 'exec flanneld -etcd-password=s3cret -iface=eth1'] },
    { about: 'in the environment', words: ['flanneld'], environment: 'FLANNELD_ETCD_PASSWORD=s3cret and more' },
  ])('a password on a command line, $about', async ({ words, environment = '' }) => {
    const stdout = records([
      ['process', '7'],
      ['words', `${words.join('\n')}\n`],
      ['environment', environment],
      ['cgroup', '0::/system.slice/flanneld.service\n'],
      ['namespace', 'same'],
      ['age', ''],
    ]);
    const { first, again, text } = await readTwice({ process: ask(flannelProcess, {}) }, [{ stdout, status: 0 }]);
    expect(text).not.toMatch(/s3cret|with spaces|two lines|and more/);
    expect(again.process?.state).toBe('present');
    expect(JSON.stringify(first)).toContain('s3cret');
  });

  test.each([
    { about: 'a key', text: `Before\n${KEY}After`, kept: 'Before\n[secret]\nAfter' },
    { about: 'a key without an end', text: 'x -----BEGIN EC PRIVATE KEY-----\nMIIE', kept: 'x [secret]' },
    {
      about: 'a quoted assignment',
      text: 'Environment="DB_PASSWORD=a b" X=1',
      kept: 'Environment="DB_PASSWORD=[secret]" X=1',
    },
    { about: 'an assignment', text: 'export API_TOKEN=abc\nX=1', kept: 'export API_TOKEN=[secret]\nX=1' },
    {
      about: 'an option',
      text: 'x --registry-token abc --iface eth1',
      kept: 'x --registry-token [secret] --iface eth1',
    },
    { about: 'a URL', text: 'http://root:pw1@10.0.0.1:2379', kept: 'http://root:[secret]@10.0.0.1:2379' },
    { about: 'one known from a vault, among bytes that are no text', text: 'a v4ultedValue b', kept: 'a [secret] b' },
  ])('$about, in lines and in records', async ({ text, kept }) => {
    neverShow('v4ultedValue');
    const odd = Buffer.from([0xff, 0xc3]);
    for (const wrap of [(body: Buffer) => body, (body: Buffer) => records([['content', '']]) && inRecord(body)]) {
      const stdout = wrap(Buffer.concat([odd, Buffer.from(` ${text}`)]));
      const { again } = await readTwice({ one: ask(bytesFact, { of: 'x' }) }, [{ stdout, status: 0 }]);
      const wanted = wrap(Buffer.concat([odd, Buffer.from(` ${kept}`)]));
      expect(again.one).toEqual(present(wanted.toString('base64')));
    }
  });

  const inRecord = (bytes: Buffer) => printedRecords([{ name: 'content', bytes }]);

  test('what a failed script says, what is thrown, and a question', async () => {
    neverShow('v4ultedValue');
    const { world, recording } = listening();
    const asks = { one: ask(bytesFact, { of: 'v4ultedValue' }) };
    await world.readFacts(
      'node1',
      asks,
      async () => saying('node1', [{ stdout: Buffer.from('v4ultedValue'), status: 9, stderr: 'no v4ultedValue' }]),
      OPTIONS,
    );
    const thrown = new FixError('ssh/auth', 'v4ultedValue is wrong', { hint: 'Not v4ultedValue.' });
    await expect(world.readFacts('node2', asks, () => Promise.reject(thrown), OPTIONS)).rejects.toBe(thrown);
    const { text, recording: kept } = throughFolder(recording());
    expect(text).not.toContain('v4ultedValue');
    const again = await replayed(kept, localWorld()).readFacts('node1', asks, neverConnect, OPTIONS);
    expect(again.one).toEqual(unreadable('no [secret]'));
  });

  test('a fact that is absent is absent', async () => {
    const { again } = await readTwice({ one: ask(bytesFact, { of: 'x' }) }, [
      { stdout: Buffer.from('x'), status: ABSENT },
    ]);
    expect(again.one).toEqual(absent);
  });
});
