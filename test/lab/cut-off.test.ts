import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { longDescribe } from '../support/in-gate.js';
import { fixFlannel, LAB_INVENTORY, LAB_NAME, lab, onNode, PROGRAM, subnets } from '../support/lab.js';

const UNIT = '/etc/systemd/system/flanneld.service';
const DROP_IN = '/run/systemd/system/flanneld.service.d/20-cut-off.conf';
const GUARDS = '/run/fix-flannel/guards';

/** Once flanneld starts with -iface=eth1, the node answers the controller (10.0.0.1) no more; without it, it does. */
const CUT_OFF = `[Service]
ExecStartPre=/bin/sh -c "! grep -q iface=eth1 ${UNIT} || ip route replace blackhole 10.0.0.1/32"
ExecStopPost=-/bin/sh -c "ip route del blackhole 10.0.0.1/32 2>/dev/null"
`;

/** The node's files and units, as far as a run may change them; units by when they were last started too. */
function stateOf(node: string): Promise<string> {
  return onNode(
    node,
    `cd / && find etc/systemd etc/default run/flannel -type f | sort | xargs -r sha256sum
     stat -c '%n %a %u %g' ${UNIT} run/flannel/*; systemctl is-active flanneld docker; ls ${GUARDS} 2>/dev/null || :`,
  );
}

function startedAt(node: string): Promise<string> {
  return onNode(node, 'systemctl show -p ActiveEnterTimestampMonotonic flanneld docker');
}

async function until(what: string, holds: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function cutOffOnStart(node: string): Promise<void> {
  await onNode(node, `mkdir -p "$(dirname ${DROP_IN})"; printf '%s' '${CUT_OFF}' >${DROP_IN}; systemctl daemon-reload`);
}

beforeEach(() => lab('break', 'seed'));
afterEach(async () => {
  await onNode(
    'node1',
    `rm -f ${DROP_IN}; ip route del blackhole 10.0.0.1/32 2>/dev/null; systemctl daemon-reload; rm -rf ${GUARDS}`,
  );
});

describe('a host that a step cuts off', () => {
  test('puts itself back, and the run says so', async () => {
    await cutOffOnStart('node1');
    const before = await Promise.all(['node1', 'node2', 'node3'].map(stateOf));
    const others = await Promise.all(['node2', 'node3'].map(startedAt));
    const begun = Date.now();
    const ran = await fixFlannel('run', LAB_INVENTORY, '-e', 'flannel_guard_delay=20');
    const seconds = (Date.now() - begun) / 1000;
    expect(ran.status, ran.stdout + ran.stderr).toBe(2);
    expect(ran.stdout).toContain('Restart flanneld: it was cut off by this step and put itself back');
    expect(ran.stdout).toMatch(/put back as before: node1\n {2}not touched: node2, node3\n/);
    expect(ran.stdout.trim().split('\n').at(-1)).toBe('Failed. 3 hosts: 0 changed, 1 failed, 1 put back.');
    expect(await Promise.all(['node1', 'node2', 'node3'].map(stateOf))).toEqual(before);
    expect(await Promise.all(['node2', 'node3'].map(startedAt))).toEqual(others);
    // The guard's 20 s, a restart, and the time to see that the host is there again.
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(60);
  });
});

/** A run that is killed, with no chance to say or undo anything, once its output matches. */
async function killedAt(mark: RegExp, ...args: string[]): Promise<void> {
  const child: ChildProcess = spawn('nsenter', [
    `--net=/run/netns/${LAB_NAME}-ctl`,
    '--',
    process.execPath,
    PROGRAM,
    'run',
    LAB_INVENTORY,
    ...args,
  ]);
  const ended = new Promise((resolve) => child.on('close', resolve));
  let output = '';
  const listen = (chunk: Buffer) => {
    output += chunk.toString();
    if (mark.test(output)) child.kill('SIGKILL');
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  await ended;
  expect(output).toMatch(mark);
}

longDescribe('a controller that is killed while a guard is armed', () => {
  test('leaves a host that puts itself back', async () => {
    const before = await stateOf('node1');
    await killedAt(/running: Restart flanneld/, '-e', 'flannel_guard_delay=10');
    await until('the guard fires', async () => (await onNode('node1', `cat ${GUARDS}/*/outcome || :`)) !== '', 40);
    expect(await onNode('node1', `cat ${GUARDS}/*/outcome; rm -rf ${GUARDS}`)).toBe('done\n');
    expect(await stateOf('node1')).toBe(before);
    expect(await onNode('node1', "systemctl list-units --all --no-legend 'fix-flannel-guard*'")).toBe('');
  });

  test('leaves a guard that a check tells of and the next run takes over', async () => {
    await killedAt(/running: Clear the old lease/, '-e', 'flannel_guard_delay=300');
    const check = await fixFlannel('run', LAB_INVENTORY, '--check');
    expect(check.status, check.stdout).toBe(2);
    expect(check.stdout).toMatch(/run \S+ left a guard that would put node1 back in \d+ s/);
    // Where the killed run's lock is still there, the next one waits for it.
    const ran = await fixFlannel('run', LAB_INVENTORY, '--wait', '2m');
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    const held = Object.values(await subnets());
    expect(new Set(held).size).toBe(3);
    expect(await onNode('node1', `ls ${GUARDS} 2>/dev/null || :`)).toBe('');
    expect(await onNode('node1', "systemctl list-units --all --no-legend 'fix-flannel-guard*'")).toBe('');
    expect(await onNode('node1', 'systemctl is-active flanneld docker')).toBe('active\nactive\n');
  });
});
