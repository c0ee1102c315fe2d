import { z } from 'zod';
import { type Action, change, defineModule, run, skip } from '../core/module.js';
import { sh } from '../core/script.js';
import { optionalText, unitNames } from './flannel-arguments.js';
import { restartActions, restartCommand } from './flannel-restart.js';
import { movesGenerated } from './flannel-run-state.js';
import { directoryOf } from './host-path.js';
import { touching } from './touching.js';

/** Undoes what `flannel_iface`, `flannel_run_state` and `flannel_restart` did to a host. */
export const flannelRestore = defineModule({
  name: 'flannel_restore',
  about: 'Put a host back as it was: its files, its run state, and what ran.',
  example: `- flannel_restore:
    unit: flanneld.service
    running: true
    edits: "{{ edit.edits | default([]) }}"
    moved: "{{ cleared.moved | default([]) }}"`,
  args: z.strictObject({
    unit: optionalText,
    command: optionalText,
    /** Whether flanneld ran before. */
    running: z.boolean().default(true),
    dependents: unitNames,
    /** Whether flanneld was restarted, or that was tried; without it nothing has to be started again. */
    restarted: z.boolean().default(true),
    edits: z.array(z.strictObject({ path: z.string(), backup: z.string().nullable() })).default([]),
    moved: z.array(z.strictObject({ from: z.string(), to: z.string() })).default([]),
  }),
  plan({ unit, command, running, dependents, restarted, edits, moved }, _, { check }) {
    if (check) return skip('nothing was changed');
    return change('put back as it was', {
      actions: [
        ...edits.map(putBack),
        ...moved.map(({ from, to }) =>
          run(sh`if [ -e ${to} ]; then mv -f -- ${to} ${from}; fi`, movesGenerated(from, to)),
        ),
        ...(restarted ? restartAsBefore({ unit, command, running, dependents }) : reloadOnly(unit, edits.length)),
      ],
      conclude: () => ({ restored: true }),
    });
  },
});

function putBack({ path, backup }: { path: string; backup: string | null }): Action {
  if (backup === null) {
    const script = sh`rm -f -- ${path}; rmdir -- "$(dirname -- ${path})" 2>/dev/null || :`;
    return run(script, touching(path, directoryOf(path)));
  }
  return run(sh`if [ -e ${backup} ]; then mv -f -- ${backup} ${path}; fi`, touching(path, backup));
}

/** flanneld never stopped: what depends on it is not disturbed. */
function reloadOnly(unit: string | undefined, edits: number): Action[] {
  return unit !== undefined && edits > 0 ? [run(sh`systemctl daemon-reload`, touching())] : [];
}

function restartAsBefore({
  unit,
  command,
  running,
  dependents,
}: {
  unit: string | undefined;
  command: string | undefined;
  running: boolean;
  dependents: readonly string[];
}): Action[] {
  if (command !== undefined) return [restartCommand(command)];
  if (unit === undefined) return [];
  if (running) return restartActions(unit, dependents);
  return [run(sh`systemctl daemon-reload && systemctl stop -- ${unit}`, { touches: { units: [unit] } })];
}
