import type { Schedule } from './schedule.js';
import { listWord } from './systemd-quote.js';

/**
 * What a service may not do, as lines of its unit.
 *
 * A service of a user's manager gets what needs no privilege: folders cannot be hidden there, and capabilities not
 * dropped. `MemoryDenyWriteExecute` is left off everywhere, as Node writes the code that it runs.
 *
 * @see systemd.exec(5), SANDBOXING
 */
export function sandboxLines(schedule: Schedule): string[] {
  return schedule.user.kind === 'manager' ? OF_EVERY_SERVICE : [...OF_EVERY_SERVICE, ...ofSystem(schedule)];
}

const OF_EVERY_SERVICE = [
  'NoNewPrivileges=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  // The resolver and a host that is this machine ask the kernel for addresses.
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
  'MemoryDenyWriteExecute=no',
  'UMask=0077',
];

function ofSystem(schedule: Schedule): string[] {
  const { user, stateFolder, reportFolders } = schedule;
  const paths = pathsOf(schedule);
  const writable = [...reportFolders, ...(stateFolder === undefined ? [] : [stateFolder])];
  return [
    `CapabilityBoundingSet=${user.kind === 'named' && user.name === 'root' ? OF_ROOT : ''}`,
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    `ProtectHome=${user.kind === 'dynamic' && !paths.some(isBelowHome) ? 'yes' : 'read-only'}`,
    `PrivateTmp=${paths.some(isTemporary) ? 'no' : 'yes'}`,
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'RemoveIPC=yes',
    ...[...new Set(writable)].map((path) => `ReadWritePaths=${listWord(path)}`),
  ];
}

/** Root reads keys and fills report folders that belong to others. */
const OF_ROOT = 'CAP_DAC_OVERRIDE';

function pathsOf(schedule: Schedule): string[] {
  const { stateFolder, workingFolder } = schedule;
  return [
    ...schedule.reads,
    ...schedule.reportFolders,
    ...schedule.program,
    workingFolder,
    ...(stateFolder === undefined ? [] : [stateFolder]),
  ];
}

function isBelowHome(path: string): boolean {
  return /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
}

/** Whether a service with a /tmp of its own would not see it. */
export function isTemporary(path: string): boolean {
  return /^\/(?:var\/)?tmp(?:\/|$)/.test(path);
}
