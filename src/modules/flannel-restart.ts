import { z } from 'zod';
import { type Action, change, defineModule, refuse, run } from '../core/module.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { optionalText, unitNames } from './flannel-arguments.js';
import { forgetFailures } from './forget-failures.js';

/** A start may take as long as systemd lets it: 90 s by default, and some to say so. */
const RESTART_TIMEOUT_MS = 120_000;

/** Restarts flanneld with its unit read afresh, and brings back what ran on top of it. */
export const flannelRestart = defineModule({
  name: 'flannel_restart',
  about: 'Reload systemd, restart flanneld, and start again what depended on it and ran before.',
  example: `- flannel_restart:
    unit: flanneld.service
    dependents: [docker.service]`,
  args: z.strictObject({
    unit: optionalText,
    /** Hosts without systemd: what restarts flanneld. */
    command: optionalText,
    dependents: unitNames,
  }),
  plan({ unit, command, dependents }) {
    if (command !== undefined) return change(`restart flanneld: ${command}`, { actions: [restartCommand(command)] });
    if (unit === undefined) return refuse('neither a unit nor a restart command is known');
    const along = dependents.length > 0 ? `; ${dependents.join(', ')} restarts with it` : '';
    return change(`reload systemd and restart ${unit}${along}`, { actions: restartActions(unit, dependents) });
  },
});

/** Of a host without systemd: what restarts flanneld, which an undo has to do too. */
export function restartCommand(command: string): Action {
  return run(scriptAsWritten(command), { touches: {}, restart: command });
}

/** Reload, restart, and bring back. */
export function restartActions(unit: string, dependents: readonly string[]): Action[] {
  return [
    run(withJournal(sh`systemctl daemon-reload && ${forgetFailures(unit)} && systemctl restart -- ${unit}`, unit), {
      timeoutMs: RESTART_TIMEOUT_MS,
      // What depends on it goes down along with it.
      touches: { units: [unit, ...dependents] },
    }),
    ...dependents.map((name) =>
      run(
        withJournal(
          sh`systemctl is-active -q -- ${name} || { ${forgetFailures(name)} && systemctl start -- ${name}; }`,
          name,
        ),
        {
          timeoutMs: RESTART_TIMEOUT_MS,
          touches: { units: [name] },
        },
      ),
    ),
  ];
}

/** Where a unit does not come up, its last words are worth more than systemctl's. */
function withJournal(script: Script, unit: string): Script {
  return sh`{ ${script}; } || { status=$?; journalctl -u ${unit} -n 15 --no-pager -o cat >&2 2>/dev/null; exit $status; }`;
}
