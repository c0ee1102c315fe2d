import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planIfaceInFile } from '../../src/flannel/file-iface.js';
import { withoutIfaceFlags } from '../../src/flannel/flanneld-flags.js';
import { settingsOf } from '../../src/flannel/flanneld-settings.js';
import type { FlanneldUnit, HostFile } from '../../src/flannel/unit.js';
import { commandOf } from '../../src/flannel/unit-command.js';
import { withEdits } from '../../src/flannel/unit-edits.js';
import { planIface } from '../../src/flannel/unit-iface.js';
import { parseUnitText } from '../../src/flannel/unit-text.js';

const FRAGMENT = '/etc/systemd/system/flanneld.service';
const VENDOR = '/usr/lib/systemd/system/flanneld.service';
const DEFAULTS = '/etc/default/flanneld';

function hostFile(path: string, text: string): HostFile {
  return { path, text, mode: '0644', owner: 'root', group: 'root', linksTo: undefined, writable: true };
}

function unitWith(
  path: string,
  text: string,
  more: { dropIn?: string; defaults?: string; program?: string } = {},
): FlanneldUnit {
  return {
    name: 'flanneld.service',
    loadState: 'loaded',
    activeState: 'active',
    subState: 'running',
    unitFileState: 'enabled',
    mainPid: 1,
    needDaemonReload: false,
    fragment: hostFile(path, text),
    dropIns: more.dropIn === undefined ? [] : [hostFile(`${FRAGMENT}.d/10-local.conf`, more.dropIn)],
    environmentFiles:
      more.defaults === undefined ? [] : [{ path: DEFAULTS, optional: true, file: hostFile(DEFAULTS, more.defaults) }],
    program: more.program === undefined ? undefined : hostFile('/opt/start.sh', more.program),
  };
}

/** Text of the pieces that mean something to a parser, in any order. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[Service]',
        '[Unit]',
        '[Service',
        'ExecStart=',
        'Environment=',
        'UnsetEnvironment=',
        'Type=oneshot',
      ),
      fc.constantFrom(
        '\n',
        '\r\n',
        '\\\n',
        ' ',
        '\t',
        '"',
        "'",
        '\\',
        '#',
        ';',
        '$',
        '${',
        '}',
        '$(',
        ')',
        '`',
        '&',
        '|',
        '<<',
        '=',
      ),
      fc.constantFrom(
        '/bin/flanneld',
        'flanneld',
        'sh',
        '-c',
        'docker',
        'run',
        '-e',
        '--',
        '-iface=eth0',
        '--iface',
        'OPTS=',
        '$OPTS',
      ),
      fc.constantFrom(
        '#!/bin/sh\n',
        'exec ',
        '"$@"',
        '@',
        '-',
        '%',
        '%%',
        '\\x41',
        '\0',
        '\ufeff',
        '[program:x]\ncommand=',
      ),
      fc.string(),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

/** An argument that is not about the interface, as an administrator may write it. */
const otherFlag = fc.constantFrom(
  '-ip-masq',
  '--ip-masq',
  '-etcd-prefix=/n',
  '--etcd-prefix /n',
  '"-etcd-password=a b"',
  "'-etcd-username=x'",
  '-v=\\x41',
  '-etcd-password=%%1$$x',
  '--subnet-file=/run/%n.env',
);
const ifaceFlag = fc.constantFrom(
  '-iface=eth0',
  '--iface eth0',
  '--iface=10.0.2.15',
  '"--iface=eth0"',
  '-iface-regex=eth.*',
  '--iface-regex "e.* "',
  '--iface-can-reach=8.8.8.8',
  '--iface=${IF}',
  '--iface $IF',
);
const gap = fc.constantFrom(' ', '  ', '\t', ' \\\n', ' \\\n    ', '\\\n  ', ' \\\n# note \\\n  ');
const program = fc.constantFrom(
  '/usr/bin/flanneld',
  '-/usr/bin/flanneld',
  '@/usr/bin/flanneld flannel',
  '"/usr/bin/flanneld"',
  '/usr/bin/nice -n 5 /usr/bin/flanneld',
  '/usr/bin/docker run --name flanneld -e A=1 quay.io/coreos/flannel /opt/bin/flanneld',
);
const args = fc.array(fc.tuple(gap, fc.oneof(otherFlag, ifaceFlag, fc.constantFrom('$OPTS', '$FILE', '$NONE'))), {
  maxLength: 7,
});
const options = fc.array(
  fc.oneof(fc.constantFrom('-ip-masq', '-v=1'), fc.constantFrom('--iface=eth0', '--iface eth0')),
  { maxLength: 4 },
);
const before = fc.constantFrom('[Unit]\nDescription=a  b\n\n', '# x\r\n', '');
const after = fc.constantFrom(
  '',
  '\n',
  '\nRestart=on-failure  \n',
  '\nExecStartPost=/bin/flanneld -iface=eth0 # \n[Install]\nWantedBy=x\n',
);

const written = fc
  .record({
    before,
    program,
    args,
    blanks: fc.constantFrom('=', ' = '),
    opts: options,
    file: options,
    after,
    vendor: fc.boolean(),
  })
  .map((one) => {
    const command = one.program + one.args.map(([blank, word]) => blank + word).join('');
    const head = `${one.before}[Service]\nEnvironment=IF=eth0 "OPTS=${one.opts.join(' ')}" B=2\nExecStart${one.blanks}`;
    const text = head + command + one.after;
    const defaults = `# defaults\nFILE="${one.file.join('  ')}"\nOTHER='x y'\n`;
    return { unit: unitWith(one.vendor ? VENDOR : FRAGMENT, text, { defaults }), head, command, tail: one.after };
  });

describe('planIface', () => {
  test('never throws, whatever the files hold', () => {
    fc.assert(
      fc.property(soup, soup, soup, soup, fc.string(), (text, dropIn, defaults, script, iface) => {
        const more = { dropIn, defaults, program: `#!/bin/sh\n${script}` };
        for (const unit of [
          unitWith(FRAGMENT, text, more),
          unitWith(VENDOR, `[Service]\nExecStart=/bin/flanneld ${text}`, { defaults }),
        ]) {
          expect(['already', 'edit', 'refuse']).toContain(planIface(unit, 'eth1').kind);
          expect(['already', 'edit', 'refuse']).toContain(planIface(unit, iface).kind);
          const command = commandOf(unit);
          if (command) settingsOf(command);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('has nothing to do after its own edits, whatever the files hold', () => {
    let edits = 0;
    fc.assert(
      fc.property(soup, soup, (text, defaults) => {
        const unit = unitWith(FRAGMENT, `[Service]\nExecStart=/bin/flanneld ${text}`, { defaults });
        const plan = planIface(unit, 'eth1');
        if (plan.kind !== 'edit') return;
        edits += 1;
        expect(planIface(withEdits(unit, plan.edits), 'eth1').kind).toBe('already');
      }),
      { numRuns: 400 },
    );
    expect(edits).toBeGreaterThan(0);
  });

  test('gives flanneld one interface and leaves it every other word', () => {
    let edits = 0;
    fc.assert(
      fc.property(written, ({ unit }) => {
        const plan = planIface(unit, 'eth1');
        if (plan.kind !== 'edit') return;
        edits += 1;
        const fixed = withEdits(unit, plan.edits);
        const [was, is] = [commandOf(unit), commandOf(fixed)];
        expect(withoutIfaceFlags(is?.argv ?? [])).toEqual(withoutIfaceFlags(was?.argv ?? ['']));
        const told = is && settingsOf(is);
        expect([told?.iface, told?.ifaceRegex, told?.ifaceCanReach]).toEqual([['eth1'], [], undefined]);
        expect(planIface(fixed, 'eth1').kind).toBe('already');
      }),
      { numRuns: 600 },
    );
    expect(edits).toBeGreaterThan(300);
  });

  test('leaves every byte outside of the command and its variables', () => {
    fc.assert(
      fc.property(written, ({ unit, command, tail }) => {
        const plan = planIface(unit, 'eth1');
        if (plan.kind !== 'edit') return;
        for (const edit of plan.edits) {
          if (edit.path === DEFAULTS) expect(withoutValue(edit.after)).toBe(withoutValue(edit.before ?? ''));
          if (edit.path !== FRAGMENT) continue;
          expect(edit.after.endsWith(tail)).toBe(true);
          expect(frame(edit.after)).toEqual(frame(edit.before ?? ''));
          expect(edit.before).toContain(command);
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** A unit's text without its ExecStart, the values of its variables and moved comments. */
function frame(text: string): string {
  const exec = parseUnitText(text).assignments.find(({ key }) => key === 'ExecStart');
  const rest = text.slice(0, exec?.start) + text.slice(exec?.end);
  return rest.replace(/"OPTS=[^"]*"/, '"OPTS="').replace(/^# note\n/gm, '');
}

function withoutValue(text: string): string {
  return text.replace(/^FILE=.*$/m, 'FILE=');
}

describe('planIfaceInFile', () => {
  test('never throws, and has nothing to do after its own edits', () => {
    let edits = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('', 'OPTS="', '#!/bin/sh\nflanneld ', '[program:x]\ncommand=flanneld '),
        soup,
        (head, text) => {
          const file = hostFile(DEFAULTS, head + text);
          const plan = planIfaceInFile(file, 'eth1');
          if (plan.kind !== 'edit') return;
          edits += 1;
          const fixed = { ...file, text: plan.edits[0]?.after ?? '' };
          expect(planIfaceInFile(fixed, 'eth1').kind).toBe('already');
        },
      ),
      { numRuns: 800 },
    );
    expect(edits).toBeGreaterThan(0);
  });
});
