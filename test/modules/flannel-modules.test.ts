import { describe, expect, test } from 'vitest';
import type { Action, Outcome } from '../../src/core/module.js';
import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';
import type { RunState } from '../../src/flannel/run-state.js';
import { flannelIface } from '../../src/modules/flannel-iface.js';
import { flannelRestart } from '../../src/modules/flannel-restart.js';
import { flannelRestore } from '../../src/modules/flannel-restore.js';
import { flannelRunStateModule } from '../../src/modules/flannel-run-state.js';
import { makeNode, type NodeIs } from '../diagnose/make-cluster.js';
import { taskContext } from '../support/run-module.js';

/** `write /etc/x (backup /etc/x.b)`, or a script as people see it, without the quotes round plain words. */
function shown(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.kind === 'run') return action.script.shown.replace(/(?<=\s|^)'([\w./-]+)'(?=[\s;)]|$)/g, '$1');
    if (action.kind === 'write') return `write ${action.path}${action.backup ? ` (backup ${action.backup})` : ''}`;
    return action.kind;
  });
}

function actionsOf(outcome: Outcome): string[] {
  return outcome.kind === 'change' ? shown(outcome.actions) : [];
}

describe('flannel_iface', () => {
  const unitOf = (more: Partial<NodeIs> = {}) =>
    makeNode({ host: 'a', addresses: ['eth1 10.0.0.1/24'], ...more }).readings.unit;
  const plan = (given: object, unit = unitOf(), file: Reading<never> = absent) =>
    flannelIface.plan(flannelIface.args.parse(given), { unit, file } as never, taskContext());
  const PATH = '/etc/systemd/system/flanneld.service';

  test("edits an administrator's own unit in place, with a copy beside it", () => {
    const outcome = plan({ iface: 'eth1', backup: '.before-x' });
    expect(actionsOf(outcome)).toEqual([`write ${PATH} (backup ${PATH}.before-x)`]);
    expect(outcome).toMatchObject({
      kind: 'change',
      result: { edits: [{ path: PATH, backup: `${PATH}.before-x` }] },
      diff: [{ path: PATH, after: '[Service]\nExecStart=/usr/local/bin/flanneld -iface=eth1\n' }],
    });
  });

  test('writes a drop-in beside a unit of the vendor, without a copy', () => {
    const fragment = { ...fragmentOf(), path: '/lib/systemd/system/flanneld.service' };
    const outcome = plan({ iface: 'eth1' }, unitOf({ unit: { fragment } }));
    expect(outcome.kind).toBe('change');
    expect(actionsOf(outcome).join()).toMatch(/^write \/etc\/systemd\/system\/flanneld\.service\.d\/[^ ]+\.conf$/);
    expect(outcome.result?.edits).toMatchObject([{ backup: null }]);
  });

  test('shows no password of etcd, and writes it', () => {
    const fragment = { ...fragmentOf(), text: '[Service]\nExecStart=/f/flanneld -etcd-password=topsecret\n' };
    const outcome = plan({ iface: 'eth1' }, unitOf({ unit: { fragment } }));
    expect(JSON.stringify([outcome.why, outcome.result, outcome.kind === 'change' && outcome.diff])).not.toContain(
      'topsecret',
    );
    const written = outcome.kind === 'change' ? outcome.actions[0] : undefined;
    expect(written?.kind === 'write' && Buffer.from(written.content).toString()).toContain('topsecret');
  });

  test.each<{ about: string; outcome: () => Outcome; kind: Outcome['kind']; why: RegExp }>([
    {
      about: 'leaves a unit that names it already',
      outcome: () => plan({ iface: 'eth1' }, unitOf({ flags: '-iface=eth1' })),
      kind: 'unchanged',
      why: /./,
    },
    { about: 'refuses without a unit', outcome: () => plan({ iface: 'eth1' }, absent), kind: 'refuse', why: /no unit/ },
    {
      about: 'refuses a unit that cannot be read',
      outcome: () => plan({ iface: 'eth1' }, unreadable('denied')),
      kind: 'refuse',
      why: /denied/,
    },
    {
      about: 'refuses a file that is not there',
      outcome: () => plan({ iface: 'eth1', file: '/etc/flannel.conf' }),
      kind: 'refuse',
      why: /\/etc\/flannel\.conf is not there/,
    },
    {
      about: 'refuses a file that cannot be read',
      outcome: () => plan({ iface: 'eth1', file: '/etc/flannel.conf' }, unitOf(), unreadable('denied')),
      kind: 'refuse',
      why: /denied/,
    },
  ])('$about', ({ outcome, kind, why }) => {
    expect(outcome()).toMatchObject({ kind, why: expect.stringMatching(why) });
  });

  function fragmentOf() {
    const reading = unitOf();
    if (reading.state !== 'present' || !reading.value.fragment) throw new Error('no fragment');
    return reading.value.fragment;
  }
});

describe('flannel_run_state', () => {
  const file = (path: string, generated: boolean) =>
    ({ path, generated, kind: 'other', namedByUnit: false, ageSeconds: 1 }) as const;
  const plan = (state: Reading<RunState>) =>
    flannelRunStateModule.plan(flannelRunStateModule.args.parse({ moved_to: '/run/m' }), { state }, taskContext());

  test('moves what flanneld wrote, and nothing else', () => {
    const outcome = plan(
      present({
        files: [file('/run/flannel/subnet.env', true), file('/run/flannel/mine', false), file("/run/it's", true)],
      }),
    );
    expect(actionsOf(outcome)).toEqual([
      expect.stringMatching(/^umask 077 && mkdir -p -- \/run\/m /),
      'if [ -e /run/flannel/subnet.env ]; then mv -f -- /run/flannel/subnet.env /run/m/0; fi',
      expect.stringMatching(/^if \[ -e .*it.*s.*mv -f -- .* \/run\/m\/1; fi$/),
    ]);
    expect(outcome.result).toEqual({
      moved: [
        { from: '/run/flannel/subnet.env', to: '/run/m/0' },
        { from: "/run/it's", to: '/run/m/1' },
      ],
    });
  });

  test.each<[string, Reading<RunState>, Outcome['kind']]>([
    ['has nothing to do without run state', absent, 'unchanged'],
    [
      'has nothing to do where all files are of others',
      present({ files: [file('/run/flannel/mine', false)] }),
      'unchanged',
    ],
    ['refuses what cannot be read', unreadable('denied'), 'refuse'],
  ])('%s', (_, state, kind) => {
    expect(plan(state).kind).toBe(kind);
  });
});

const JOURNAL = (script: string, unit: string) =>
  `{ ${script}; } || { status=$?; journalctl -u ${unit} -n 15 --no-pager -o cat >&2 2>/dev/null; exit $status; }`;
const FORGET = (unit: string) => `{ systemctl reset-failed -- ${unit} 2>/dev/null || :; }`;
const RESTART = JOURNAL(
  `systemctl daemon-reload && ${FORGET('flanneld.service')} && systemctl restart -- flanneld.service`,
  'flanneld.service',
);
const DOCKER = JOURNAL(
  `systemctl is-active -q -- docker.service || { ${FORGET('docker.service')} && systemctl start -- docker.service; }`,
  'docker.service',
);

describe('flannel_restart', () => {
  const plan = (given: object) => flannelRestart.plan(flannelRestart.args.parse(given), {}, taskContext());

  test.each<[string, object, string[]]>([
    ['restarts the unit, read afresh', { unit: 'flanneld.service' }, [RESTART]],
    [
      'brings back what ran on top of it, afterwards',
      { unit: 'flanneld.service', dependents: ['docker.service'] },
      [RESTART, DOCKER],
    ],
    [
      "runs the operator's command instead",
      { unit: null, command: '/etc/init.d/flannel restart' },
      ['/etc/init.d/flannel restart'],
    ],
  ])('%s', (_, given, actions) => {
    expect(actionsOf(plan(given))).toEqual(actions);
  });

  test('refuses without a unit and without a command', () => {
    expect(plan({ unit: '', command: null }).kind).toBe('refuse');
  });

  test.each(['a b', '$(reboot)', 'x;y', ''])('takes no unit called %j', (name) => {
    expect(flannelRestart.args.safeParse({ unit: 'flanneld.service', dependents: [name] }).success).toBe(false);
  });
});

describe('flannel_restore', () => {
  const plan = (given: object, check = false) =>
    flannelRestore.plan(flannelRestore.args.parse(given), {}, taskContext({ check }));
  const UNDO = {
    unit: 'flanneld.service',
    edits: [
      { path: '/etc/a', backup: '/etc/a.b' },
      { path: '/etc/d/new.conf', backup: null },
    ],
    moved: [{ from: '/run/flannel/subnet.env', to: '/run/m/0' }],
  };
  const FILES = [
    'if [ -e /etc/a.b ]; then mv -f -- /etc/a.b /etc/a; fi',
    'rm -f -- /etc/d/new.conf; rmdir -- "$(dirname -- /etc/d/new.conf)" 2>/dev/null || :',
    'if [ -e /run/m/0 ]; then mv -f -- /run/m/0 /run/flannel/subnet.env; fi',
  ];

  test.each<[string, object, string[]]>([
    ['puts files back before it restarts', { ...UNDO, dependents: ['docker.service'] }, [...FILES, RESTART, DOCKER]],
    [
      'stops what did not run before',
      { ...UNDO, running: false },
      [...FILES, 'systemctl daemon-reload && systemctl stop -- flanneld.service'],
    ],
    ["uses the operator's command", { ...UNDO, command: 'sv restart flannel' }, [...FILES, 'sv restart flannel']],
    [
      'disturbs no flanneld that was not restarted',
      { ...UNDO, restarted: false },
      [...FILES, 'systemctl daemon-reload'],
    ],
    ['does nothing where nothing was begun', { unit: 'flanneld.service', restarted: false }, []],
  ])('%s', (_, given, actions) => {
    const outcome = plan(given);
    expect(actionsOf(outcome)).toEqual(actions);
    expect(outcome.kind === 'change' && outcome.conclude?.([])).toEqual({ restored: true });
  });

  test('has nothing to undo in check mode', () => {
    expect(plan(UNDO, true).kind).toBe('skip');
  });
});
