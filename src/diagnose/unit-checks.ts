import type { FlannelNode } from '../flannel/node.js';
import type { FlanneldSettings } from '../flannel/unit.js';
import { blind, type Check, defineCheck, found } from './check.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF203: the unit names an interface, and the running flanneld was started without it. */
export const ifaceInForce = defineCheck({
  id: 'FF203',
  title: 'interface set but not in force',
  severity: 'error',
  about: 'flanneld still works with what it was started with.',
  page: {
    reads: ["flanneld's unit, drop-ins and environment files", "the running flanneld's command line"],
    why:
      'Somebody put -iface into the unit and did not restart flanneld, or an environment file was changed. Everything ' +
      'on disk looks right, and the node still publishes the old address.',
    byHand: ['systemctl cat flanneld | grep -n iface', "tr '\\0' ' ' </proc/$(pidof flanneld)/cmdline; echo"],
    mend:
      "systemctl daemon-reload, clear flannel's run state, restart flanneld. Without clearing, flanneld 0.8 to 0.17 " +
      'takes the old subnet again.',
    task: 'Restart flanneld',
    causes: [CAUSE.notRestarted],
  },
  look: ({ nodes }) => {
    const late = nodes.filter(
      ({ configured, running }) =>
        configured !== undefined &&
        running !== undefined &&
        configured.iface.length > 0 &&
        !sameIface(configured, running),
    );
    return oneFinding(ifaceInForce, late, {
      cause: CAUSE.notRestarted,
      about: 'the unit names an interface that the running flanneld does not use',
      line: ({ host, configured, running }) =>
        `${host}: the unit has -iface=${configured?.iface.join(',')}, the process ${running?.iface.length ? `-iface=${running.iface.join(',')}` : 'none'}`,
      mend: "clear flannel's run state and restart flanneld",
    });
  },
});

/** FF204: systemd holds another unit than the one on disk. */
export const daemonReload = defineCheck({
  id: 'FF204',
  title: 'unit changed and systemd not reloaded',
  severity: 'warn',
  about: 'A restart would use the old unit.',
  page: {
    reads: ["NeedDaemonReload of flanneld's unit"],
    why:
      'The unit file or a drop-in changed on disk, and systemd was not told. systemctl restart would start flanneld ' +
      'with the old command line, while systemctl cat shows the new one.',
    byHand: ['systemctl show -p NeedDaemonReload flanneld', 'systemctl cat flanneld'],
    mend: 'systemctl daemon-reload. It restarts nothing. Then look at FF203 and FF205: a restart may be due.',
    causes: [CAUSE.notReloaded],
  },
  look: ({ nodes }) =>
    oneFinding(
      daemonReload,
      nodes.filter(({ unit }) => unit?.needDaemonReload === true),
      {
        cause: CAUSE.notReloaded,
        about: 'the unit on disk is not the one that systemd has',
        line: ({ host, unit }) => `${host}: ${unit?.name} has NeedDaemonReload=yes`,
        mend: 'systemctl daemon-reload',
      },
    ),
});

/** FF205: the unit and the running command line differ in more than the interface. */
export const commandDrift = defineCheck({
  id: 'FF205',
  title: 'unit and running command line disagree',
  severity: 'warn',
  about: 'The next start brings other settings than the ones that are tried now.',
  page: {
    reads: ["flanneld's unit, drop-ins and environment files", "the running flanneld's command line and environment"],
    why:
      'Compared are -public-ip, the etcd options, -subnet-file and -kube-subnet-mgr. A difference is a change that was ' +
      'never tried: the next reboot tries it on all nodes at once. Wrappers and containers add words of their own and ' +
      'are not compared.',
    byHand: [
      'systemctl show -p ExecStart flanneld',
      "tr '\\0' ' ' </proc/$(pidof flanneld)/cmdline; echo",
      "tr '\\0' '\\n' </proc/$(pidof flanneld)/environ | grep FLANNELD_",
    ],
    mend: 'Put the unit right where it is wrong; else restart flanneld on one node and see whether it comes up.',
    causes: [CAUSE.notRestarted],
  },
  look: ({ nodes }) =>
    oneFinding(
      commandDrift,
      nodes.filter((node) => driftOf(node).length > 0),
      {
        cause: CAUSE.notRestarted,
        about: 'the running flanneld has other settings than its unit',
        line: (node) => `${node.host}: ${driftOf(node).join('; ')}`,
        mend: 'restart flanneld, or put the unit right',
      },
    ),
});

/** FF207: no flanneld runs where one should. */
export const notRunning = defineCheck({
  id: 'FF207',
  title: 'flanneld is not running',
  severity: 'error',
  about: 'The lease is not renewed, and peers that come or go are not noticed.',
  page: {
    reads: ['the processes of the host', "the state of flanneld's unit"],
    why:
      'Routes and the device stay when flanneld ends, so the node works on until a peer gets a new subnet or its own ' +
      'lease ends. A flanneld whose lease was deleted ends with status 0, and Restart=on-failure does not bring it back.',
    byHand: ['systemctl status flanneld', 'pidof flanneld', 'journalctl -u flanneld -n 50 --no-pager'],
    mend: 'Read its journal, then systemctl start flanneld. A masked unit has to be unmasked first.',
    task: 'Restart flanneld',
    causes: [CAUSE.notRunning],
  },
  look: ({ nodes }) => {
    const unread = nodes.filter(({ readings }) => readings.process.state === 'unreadable').map(({ host }) => host);
    const { findings } = oneFinding(
      notRunning,
      nodes.filter(({ readings }) => readings.process.state === 'absent'),
      {
        cause: CAUSE.notRunning,
        about: 'flanneld is not running',
        line: ({ host, unit }) =>
          unit === undefined
            ? `${host}: no unit of flanneld`
            : `${host}: ${unit.name} is ${unit.activeState} (${unit.subState}), ${unit.loadState}`,
        mend: 'start it',
      },
    );
    return { findings, notEvaluated: blind('FF207', unread, 'the processes could not be read') };
  },
});

interface Wording {
  readonly cause: string;
  readonly about: string;
  readonly mend: string;
  line(node: FlannelNode): string;
}

function oneFinding(check: Check, nodes: readonly FlannelNode[], { cause, about, mend, line }: Wording) {
  const hosts = nodes.map(({ host }) => host);
  const finding = () =>
    found(check, {
      cause,
      hosts,
      summary: `${namedHosts(hosts)}: ${about}`,
      evidence: nodes.slice(0, 10).map(line),
      mend,
    });
  return { findings: hosts.length === 0 ? [] : [finding()], notEvaluated: [] };
}

function sameIface(one: FlanneldSettings, other: FlanneldSettings): boolean {
  return one.iface.join('\n') === other.iface.join('\n');
}

const COMPARED = [
  'publicIp',
  'etcdEndpoints',
  'etcdPrefix',
  'etcdCaFile',
  'etcdCertFile',
  'etcdKeyFile',
  'subnetFile',
  'kubeSubnetMgr',
] as const;

/** A wrapper or a container adds words of its own that its unit does not show, so only plain commands are compared. */
function driftOf({ configured, running, unit, process }: FlannelNode): string[] {
  if (configured === undefined || running === undefined || unit === undefined) return [];
  if (unit.program !== undefined || process?.container || unit.mainPid !== process?.pid) return [];
  return COMPARED.filter((name) => String(configured[name]) !== String(running[name])).map(
    (name) => `${name} is ${running[name] ?? 'not set'}, and ${configured[name] ?? 'not set'} in the unit`,
  );
}
