import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formats } from '../../src/formats/index.js';
import { fixFlannel } from '../support/cli.js';
import { warmFlannel } from '../support/warm-cli.js';

const BROKEN = join(import.meta.dirname, '..', 'recordings', 'seed-broken');
const FIXED = join(import.meta.dirname, '..', 'recordings', 'seed-fixed');
/** What the captures do not hold, so that what is left is judged. */
const SEEN = ['--only', 'FF101,FF102,FF103,FF201,FF203,FF301,FF304'];

const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('check --from a recording of the seed', () => {
  test('tells the shared address with its cause, evidence and cure, and ends with 2', async () => {
    const { status, stdout } = await fixFlannel(['check', '--from', BROKEN, ...SEEN]);
    expect(stdout).toContain('✗ FF101 node1, node2, node3: all publish 10.0.2.15 (eth0), and all hold 10.1.31.0/24');
    expect(stdout).toContain('cause: gateway-interface ambiguity');
    expect(stdout).toMatch(/mend: {2}name each node's own interface with -iface/);
    expect(stdout).toMatch(/^Not sound: 2 errors/m);
    expect(status).toBe(2);
  });

  test('fixed: only the dead lease is left, a warning, and it ends with 0', async () => {
    const { status, stdout } = await warmFlannel(['check', '--from', FIXED, ...SEEN]);
    expect(stdout).toMatch(/^! FF103 /m);
    expect(stdout).toMatch(/^Sound but for warnings: 1 warning, 6 checks passed/m);
    expect(status).toBe(0);
  });

  test('--fail-on warn makes a warning count', async () => {
    expect((await warmFlannel(['check', '--from', FIXED, ...SEEN, '--fail-on', 'warn'])).status).toBe(2);
  });

  test('--skip leaves checks out', async () => {
    const { status, stdout } = await warmFlannel(['check', '--from', FIXED, ...SEEN, '--skip', 'ff103', '-v']);
    expect(stdout).toContain('- FF103 dead lease (skipped: left out by the profile or the command line)');
    expect(status).toBe(0);
  });

  test('without what was recorded, a check is not evaluated, and it ends with 3', async () => {
    const { status, stdout } = await warmFlannel(['check', '--from', FIXED, '--only', 'FF206,FF403']);
    expect(stdout).toMatch(/FF206.* not evaluated on node1, node2, node3/);
    expect(status).toBe(3);
  });

  test('--short is a line a finding', async () => {
    const { stdout } = await warmFlannel(['check', '--from', BROKEN, ...SEEN, '--short']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('--json is one object a line, the verdict last', async () => {
    const { stdout } = await warmFlannel(['check', '--from', BROKEN, ...SEEN, '--json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; id?: string; exitStatus?: number });
    expect(lines.filter(({ kind, id }) => kind === 'finding' && id === 'FF101')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ kind: 'verdict', exitStatus: 2 });
  });

  test('waivers beside what is named are honoured, and a profile too', async () => {
    const waivers = join(folder, 'waivers.yaml');
    const profile = join(folder, 'profile.yaml');
    writeFileSync(
      waivers,
      '- {id: FF103, hosts: all, reason: ends by itself, owner: ops, expires: 2099-12-31}\n- {id: FF101, hosts: all, reason: old, owner: ops, expires: 2001-01-01}\n',
    );
    writeFileSync(profile, 'name: strict\nfail_on: warn\nonly: [FF101, FF103]\n');
    const words = ['--waivers', waivers, '--profile', profile];
    const fixed = await warmFlannel(['check', '--from', FIXED, ...words]);
    expect(fixed.stdout).toMatch(/1 finding waived/);
    expect(fixed.stdout).toMatch(/waiver expired FF101/);
    expect(fixed.status).toBe(0);
    const broken = await warmFlannel(['check', '--from', BROKEN, ...words]);
    expect(broken.status).toBe(2);
  });

  test.each(formats.map(({ name }) => ({ name })))('--report $name writes it', async ({ name }) => {
    const path = join(folder, `report.${name}`);
    const { status } = await warmFlannel(['check', '--from', BROKEN, ...SEEN, '--report', `${name}=${path}`]);
    expect(status).toBe(2);
    expect(readFileSync(path, 'utf8')).toContain(
      name === 'prometheus' ? 'id="FF101"' : name === 'nagios' ? 'CRITICAL' : 'FF101',
    );
  });

  test('--report FORMAT=- is all that stands on standard output', async () => {
    const { stdout } = await warmFlannel(['check', '--from', BROKEN, ...SEEN, '--report', 'json=-']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'fix-flannel/report/1', kind: 'check' });
  });

  test('a recording is not kept in the history', async () => {
    const state = join(folder, 'state');
    await warmFlannel(['check', '--from', BROKEN, ...SEEN, '--state-folder', state]);
    expect(existsSync(join(state, 'history'))).toBe(false);
  });
});

describe('check of hosts', () => {
  const INVENTORY = 'all:\n  hosts:\n    here: {ansible_connection: local}\n';

  test('is kept in the history; --no-history is not', async () => {
    const inventory = join(folder, 'inventory.yaml');
    const state = join(folder, 'kept');
    writeFileSync(inventory, INVENTORY);
    const words = ['check', inventory, '--state-folder', state, '--only', 'FF101'];
    const first = await warmFlannel([...words, '--no-history']);
    expect(existsSync(join(state, 'history'))).toBe(false);
    const second = await fixFlannel(words);
    expect([first.status, second.status]).toEqual([3, 3]);
    const [kept = ''] = readdirSync(join(state, 'history'));
    expect(readdirSync(join(state, 'history', kept))).toHaveLength(1);
    const { stdout } = await warmFlannel(['history', inventory, '--state-folder', state]);
    expect(stdout).toContain('Not all could be looked at: 1 check not evaluated');
  });

  test('an inventory is needed', async () => {
    const { status, stderr } = await warmFlannel(['check']);
    expect(stderr).toContain('an inventory is missing');
    expect(status).toBe(64);
  });
});
