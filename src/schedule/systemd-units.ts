import { calendarText } from './calendar.js';
import { markLine } from './mark.js';
import { sandboxLines } from './sandbox.js';
import type { Credential, Schedule, ServiceUser } from './schedule.js';
import { stateOf } from './schedule.js';
import { unitNames } from './schedule-name.js';
import { execWords, listWord, pathValue } from './systemd-quote.js';

export interface UnitFile {
  /** `fix-flannel-check-prod.timer` */
  readonly name: string;
  readonly text: string;
}

/**
 * The service that runs a check once, and the timer that starts it.
 *
 * A check that ends with findings fails its unit, so that `systemctl --failed` and `OnFailure=` tell of it; the timer
 * goes on all the same. A timer that missed its time while the machine was off starts at once, and systemd never starts
 * a service that is still running.
 *
 * @throws FixError `cli/usage` for a value that no unit can hold
 */
export function scheduleUnits(schedule: Schedule): { readonly service: UnitFile; readonly timer: UnitFile } {
  const names = unitNames(schedule.name);
  return {
    service: { name: names.service, text: unitText(schedule, serviceSections(schedule)) },
    timer: { name: names.timer, text: unitText(schedule, timerSections(schedule, names.service)) },
  };
}

type Sections = readonly (readonly [name: string, lines: readonly string[]])[];

function unitText(schedule: Schedule, sections: Sections): string {
  const { name, inventory } = schedule;
  const head = [
    markLine({ name, inventory, state: stateOf(schedule) }),
    `# Written by \`fix-flannel schedule install\`. \`fix-flannel schedule remove ${name}\` takes it away.`,
  ];
  const bodies = sections.map(([section, lines]) => `\n[${section}]\n${lines.join('\n')}\n`);
  return `${head.join('\n')}\n${bodies.join('')}`;
}

function serviceSections(schedule: Schedule): Sections {
  const ofUser = schedule.user.kind === 'manager';
  const online = ofUser ? [] : ['Wants=network-online.target', 'After=network-online.target'];
  return [
    ['Unit', [`Description=Check of the flannel cluster ${schedule.name}`, ...online]],
    ['Service', [...commandLines(schedule), ...ownerLines(schedule), ...sandboxLines(schedule)]],
  ];
}

function commandLines(schedule: Schedule): string[] {
  const words = [...schedule.program, 'check', ...schedule.options, '--', schedule.inventory];
  return [
    'Type=oneshot',
    `ExecStart=${execWords(words)}`,
    `WorkingDirectory=${pathValue(schedule.workingFolder)}`,
    `Environment=${listWord(`FIX_FLANNEL_STATE=${stateOf(schedule)}`)}`,
    ...(schedule.findingsSucceed ? ['SuccessExitStatus=2'] : []),
    `TimeoutStartSec=${schedule.timeoutSeconds}`,
    'TimeoutStopSec=60',
    'SyslogIdentifier=fix-flannel',
    'Nice=10',
  ];
}

function ownerLines({ name, user, stateFolder, credentials }: Schedule): string[] {
  const own = stateFolder === undefined && user.kind !== 'manager';
  const folder = `fix-flannel/${name}`;
  return [
    ...userLines(user, `%S/${folder}`),
    ...(own ? [`StateDirectory=${folder}`, 'StateDirectoryMode=0700'] : []),
    ...credentials.map(credentialLine),
  ];
}

/** A user that there is only while the service runs has no home: known hosts are looked for in its state folder. */
function userLines(user: ServiceUser, home: string): string[] {
  if (user.kind === 'dynamic') return ['DynamicUser=yes', `Environment=HOME=${home}`];
  return user.kind === 'named' ? [`User=${user.name}`] : [];
}

function credentialLine({ name, from }: Credential): string {
  if ('path' in from) return `LoadCredential=${name}:${pathValue(from.path)}`;
  const text = from.text.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('\n', '\\n');
  return `SetCredential=${name}:${text}`;
}

function timerSections(schedule: Schedule, service: string): Sections {
  return [
    ['Unit', [`Description=Time of the check of the flannel cluster ${schedule.name}`]],
    [
      'Timer',
      [
        `OnCalendar=${calendarText(schedule.onCalendar)}`,
        'Persistent=true',
        `RandomizedDelaySec=${schedule.randomizedDelaySeconds}`,
        'AccuracySec=1s',
        `Unit=${service}`,
      ],
    ],
    ['Install', ['WantedBy=timers.target']],
  ];
}
