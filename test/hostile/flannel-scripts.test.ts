import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/core/module.js';
import { present } from '../../src/core/reading.js';
import { quoted, type Script } from '../../src/core/script.js';
import { fence, releaseTargetLock, renewTargetLock, takeTargetLock } from '../../src/engine/target-lock.js';
import { armedGuards } from '../../src/facts/armed-guards.js';
import { beforeImage } from '../../src/facts/before-image.js';
import { flannelDependents } from '../../src/facts/flannel-dependents.js';
import { flannelEtcdFiles } from '../../src/facts/flannel-etcd-files.js';
import { flannelRunState } from '../../src/facts/flannel-run-state.js';
import { flannelSubnetEnv } from '../../src/facts/flannel-subnet-env.js';
import { flannelUnit } from '../../src/facts/flannel-unit.js';
import { hostRouteTo } from '../../src/facts/host-route-to.js';
import { systemdUnit } from '../../src/facts/systemd-unit.js';
import { armScript, clearScript, confirmScript } from '../../src/modules/commit-confirmed-scripts.js';
import { findModule } from '../../src/modules/index.js';
import { TOOLBOXES, type Toolbox } from '../facts/in-namespace.js';
import { rowsOf } from '../support/in-gate.js';
import { isHostModule, taskContext } from '../support/run-module.js';

/**
 * Names that are commands to whoever reads them as shell; each touches the canary in its own way, or in several that
 * do not hinder each other.
 */
const NAMES = [
  '$(touch /run/canary)`touch /run/canary`${x:=$(touch /run/canary)}',
  `'; touch /run/canary; '"; touch /run/canary; "`,
  'a\ntouch /run/canary\n; touch /run/canary #',
  '| touch /run/canary',
  '-e touch /run/canary * ? {a,b} ~',
  'a[$(touch /run/canary)]',
];

const unit = { loadState: 'loaded', activeState: 'active', subState: 'running', enablement: 'enabled', properties: {} };

/** What a module plans, though a host has said whatever it likes. */
function planned(name: string, args: unknown, readings: Readonly<Record<string, unknown>> = {}): Script[] {
  const module = findModule(name);
  if (!module || !isHostModule(module)) throw new Error(`no module ${name}`);
  const parsed = module.args.safeParse(args);
  if (!parsed.success) return [];
  const task = taskContext({ vars: { fix_flannel_run: '20261124T220000Z-abcd' } });
  const outcome: Outcome = module.plan(parsed.data, readings as never, task);
  if (outcome.kind !== 'change') return [];
  return outcome.actions.flatMap((action) => (action.kind === 'run' ? [action.script] : []));
}

const runFile = (path: string) => ({
  path,
  kind: 'subnet file',
  generated: true,
  namedByUnit: false,
  ageSeconds: undefined,
});

const HOLDER = { run: '20261124T220000Z-abcd', by: '', pid: 1, process: '', since: '2026-11-24T22:00:00Z', why: '' };
const guard = { folder: '/run/fix-flannel/guards', run: HOLDER.run, delaySeconds: 600 };

/** Scripts of facts and of modules in which a foreign text stands, by what they are. */
function scriptsWith(name: string): Record<string, Script[]> {
  const path = `/run/in/${name.replaceAll('/', '_')}`;
  return {
    'flannel.unit': [flannelUnit.script({ name })],
    'flannel.dependents': [flannelDependents.script({ units: [name] })],
    'flannel.subnet_env': [flannelSubnetEnv.script({ path })],
    'flannel.run_state': [flannelRunState.script({ subnetFile: path })],
    'flannel.etcd_files': [flannelEtcdFiles.script({ paths: [path, name] })],
    'host.route_to': [hostRouteTo.script({ addresses: [name] })],
    'host.armed_guards': [armedGuards.script({ folder: path })],
    'systemd.unit': [systemdUnit.script({ unit: name })],
    before_image: [beforeImage.script({ files: [path], units: [name], keepContent: true })],
    systemd: planned('systemd', { name, state: 'stopped' }, { unit: present(unit) }),
    flannel_run_state: planned(
      'flannel_run_state',
      { subnet_file: path, moved_to: `/run/moved${name}` },
      { state: present({ files: [runFile(path)] }) },
    ),
    flannel_restart: planned('flannel_restart', { unit: name, dependents: [] }),
    flannel_restore: planned('flannel_restore', {
      unit: name,
      edits: [{ path, backup: `${path}.before` }],
      moved: [{ from: path, to: `${path}.moved` }],
    }),
    'commit_confirmed armed': [
      armScript({ ...guard, files: [path, `/run/in/${name}`], units: [name], command: 'true' }),
    ],
    'commit_confirmed confirmed': [confirmScript(guard)],
    'commit_confirmed cleared': [clearScript(guard)],
    "the host's lock": [
      takeTargetLock({ ...HOLDER, by: name, process: name, why: name }, 30, [], path),
      renewTargetLock({ folder: path, generation: 1, run: HOLDER.run }, 30),
      fence({ folder: path, generation: 1, run: HOLDER.run }),
      releaseTargetLock({ folder: path, generation: 1, run: HOLDER.run }),
    ],
    'wait_for a file': planned('wait_for', { path, timeout: 0, search_regex: name }),
    'wait_for a port': planned('wait_for', { host: name, port: 1, timeout: 0 }),
  };
}

const OF = Object.keys(scriptsWith('x'));

/** The names that a kind of script gets under a toolbox: each name under one of them in the gate, under each with --all. */
function namesFor(kind: number, toolbox: number): readonly string[] {
  return rowsOf(NAMES, kind + toolbox, TOOLBOXES.length);
}

/** Runs the scripts of one kind after those of another, in the same namespaces; tells the kinds that a canary sang for. */
function sang({ argv }: Toolbox, toolbox: number): string[] {
  const kinds = OF.map((what, kind) => {
    const scripts = namesFor(kind, toolbox).flatMap((name) => scriptsWith(name)[what] ?? []);
    const steps = scripts.map(({ text }) => `( cd /run/in; eval ${quoted(text)} ) </dev/null >/dev/null 2>&1`);
    return `rm -rf /run/in /run/fix-flannel /run/moved*; mkdir /run/in
${steps.join('\n')}
for guard in /run/fix-flannel/guards/*; do
  [ ! -f "$guard/restore.sh" ] || ( sh "$guard/restore.sh" "$guard" again ) </dev/null >/dev/null 2>&1
done
[ ! -e /run/canary ] && [ ! -e /run/in/canary ] || echo ${quoted(what)}
rm -f /run/canary`;
  });
  const input = `mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/bin
for tool in systemctl systemd-run flanneld; do printf '#!/bin/sh\\nexit 0\\n' >"/run/bin/$tool"; chmod 755 "/run/bin/$tool"; done
PATH=/run/bin:$PATH
${kinds.join('\n')}
echo alive
`;
  const ran = spawnSync('unshare', ['-nmpf', '--propagation', 'private', '--kill-child', ...argv], {
    input,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    timeout: 170_000,
  });
  return ran.stdout.toString().split('\n').slice(0, -1);
}

describe('a foreign text in a script stays a word', () => {
  test.each(TOOLBOXES)(
    'under $name',
    (toolbox) => {
      expect(sang(toolbox, TOOLBOXES.indexOf(toolbox))).toEqual(['alive']);
    },
    180_000,
  );
});

test('each of them is a script that was made for these names', () => {
  const made = Object.entries(scriptsWith('a')).map(([what, scripts]) => [what, scripts.length > 0]);
  expect(made).toEqual(OF.map((what) => [what, true]));
});

test('a unit that could be more than a word is refused before anything is planned', () => {
  for (const name of NAMES) expect(planned('systemd', { name, state: 'stopped' }, { unit: present(unit) })).toEqual([]);
});
