import { describe, expect, test } from 'vitest';
import { withoutIfaceFlags } from '../../src/flannel/flanneld-flags.js';
import { settingsOf } from '../../src/flannel/flanneld-settings.js';
import type { FlanneldUnit, HostFile } from '../../src/flannel/unit.js';
import { commandOf } from '../../src/flannel/unit-command.js';
import { withEdits } from '../../src/flannel/unit-edits.js';
import { planIface } from '../../src/flannel/unit-iface.js';
import { type UnitCase, unitCases } from './unit-cases.js';

const CASES = unitCases();
const EDITS = CASES.filter((one) => one.expect === 'edit');

function editsOf({ unit, iface }: UnitCase) {
  const plan = planIface(unit, iface);
  return plan.kind === 'edit' ? plan.edits : [];
}

describe('planIface', () => {
  test.each(CASES)('$form: $about', ({ unit, iface, expect: kind, why, after }) => {
    const plan = planIface(unit, iface);
    expect(plan.kind).toBe(kind);
    if (why) expect(plan.why).toContain(why);
    const edits = plan.kind === 'edit' ? plan.edits : [];
    expect(Object.fromEntries(edits.map((edit) => [edit.path, edit.after]))).toEqual(after);
  });

  test.each(EDITS)('$form: a second run has nothing to do', (one) => {
    const fixed = withEdits(one.unit, editsOf(one));
    expect(planIface(fixed, one.iface).kind).toBe('already');
  });

  test.each(EDITS)('$form: another interface afterwards touches only what the first one wrote', (one) => {
    const fixed = withEdits(one.unit, editsOf(one));
    const plan = planIface(fixed, 'ens192');
    expect(plan.kind).toBe('edit');
    const texts = plan.kind === 'edit' ? plan.edits.map((edit) => edit.after.replaceAll('ens192', 'eth1')) : [];
    expect(texts).toEqual(plan.kind === 'edit' ? plan.edits.map((edit) => edit.before) : []);
  });

  test.each(EDITS)('$form: flanneld is told the interface, and every other word as before', (one) => {
    const before = commandOf(one.unit);
    const after = commandOf(withEdits(one.unit, editsOf(one)));
    expect(after && settingsOf(after).iface).toEqual([one.iface]);
    expect(withoutIfaceFlags(after?.argv ?? [])).toEqual(withoutIfaceFlags(before?.argv ?? ['']));
  });

  test.each(EDITS)('$form: what an edit says was there is what was there', (one) => {
    for (const edit of editsOf(one)) {
      const { fragment, dropIns, environmentFiles } = one.unit;
      const files = [fragment, ...dropIns, ...environmentFiles.map(({ file }) => file)];
      expect(edit.before).toBe(files.find((file) => file?.path === edit.path)?.text);
    }
  });
});

describe('planIface refuses', () => {
  const seed = CASES.find((one) => one.form === 'seed')?.unit as FlanneldUnit;
  const fragment = seed.fragment as HostFile;

  test.each([
    { about: 'a name with a blank', iface: 'eth1 -ip-masq' },
    { about: 'a name that a shell would run', iface: '$(reboot)' },
    { about: 'a specifier of systemd', iface: '%H' },
    { about: 'a name longer than the kernel allows', iface: 'abcdefghijklmnop' },
    { about: 'a name that looks like a flag', iface: '-x' },
    { about: 'no name', iface: '' },
    { about: 'a line end', iface: 'eth1\n' },
  ])('$about', ({ iface }) => {
    const plan = planIface(seed, iface);
    expect(plan).toMatchObject({ kind: 'refuse', hint: expect.stringContaining('name') });
  });

  test.each<{ about: string; change: Partial<FlanneldUnit>; why: RegExp }>([
    { about: 'a unit that is masked', change: { loadState: 'masked' }, why: /masked/ },
    {
      about: 'a unit that was masked and not yet reloaded',
      change: { unitFileState: 'masked-runtime' },
      why: /masked/,
    },
    { about: 'a unit without a file', change: { fragment: undefined }, why: /no unit file/ },
    { about: 'a unit that systemd does not know', change: { loadState: 'not-found' }, why: /no unit file/ },
    { about: 'a unit that systemd cannot load', change: { loadState: 'bad-setting' }, why: /bad-setting/ },
    { about: 'a name that leads out of the folder', change: { name: '../x.service' }, why: /not the name/ },
    {
      about: 'a generated unit',
      change: { fragment: { ...fragment, path: '/run/systemd/generator.late/flanneld.service' } },
      why: /generated/,
    },
    {
      about: 'a required environment file that cannot be read',
      change: {
        fragment: {
          ...fragment,
          text: '[Service]\nExecStart=/bin/flanneld $O\n',
        },
        environmentFiles: [{ path: '/etc/default/flanneld', optional: false, file: undefined }],
      },
      why: /cannot be read/,
    },
    {
      about: 'a file that is not UTF-8',
      change: {
        fragment: {
          ...fragment,
          text: '[Service]\nExecStart=/bin/flanneld -etcd-prefix=/\ufffd\n',
        },
      },
      why: /UTF-8/,
    },
  ])('$about', ({ change, why }) => {
    const plan = planIface({ ...seed, ...change }, 'eth1');
    expect(plan.kind).toBe('refuse');
    expect(plan.why).toMatch(why);
  });
});
