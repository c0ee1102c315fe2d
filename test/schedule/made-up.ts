import process from 'node:process';
import type { Schedule } from '../../src/schedule/schedule.js';

/** A schedule of the machine, run by ann, with some of it otherwise. */
export function madeUp(otherwise: Partial<Schedule> = {}): Schedule {
  return {
    name: 'prod',
    onCalendar: 'hourly',
    randomizedDelaySeconds: 300,
    timeoutSeconds: 1800,
    inventory: '/etc/fix-flannel/prod.yaml',
    program: [process.execPath, '/usr/lib/fix-flannel/bin/fix-flannel.js'],
    options: ['--forks=5'],
    workingFolder: '/etc/fix-flannel',
    user: { kind: 'named', name: 'ann' },
    stateFolder: undefined,
    reportFolders: [],
    reads: ['/etc/fix-flannel/prod.yaml'],
    credentials: [],
    findingsSucceed: false,
    ...otherwise,
  };
}
