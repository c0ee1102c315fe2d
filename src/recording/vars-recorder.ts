import type { RunSettings, World } from '../engine/run.js';
import type { FleetHost, FleetModule } from '../modules/fleet-module.js';

/** The variables that hosts had when a fleet module looked at them, rendered, by host and name. */
export type HeardVars = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** Which checks look is the reader's choice, and all of them were asked for. */
const CHOICE = /^flannel_check_/;

/**
 * Hears the `flannel_*` variables of hosts: only a task sees what templates, `-e` and the play make of them.
 */
export function varsRecorder(settings: RunSettings): {
  readonly heard: HeardVars;
  listeningTo(find: World['findModule']): World['findModule'];
} {
  const heard = new Map<string, Map<string, unknown>>();
  const listen = ({ name, task }: FleetHost) => {
    const names = [settings.inventory.hosts.get(name)?.vars ?? {}, settings.extraVars].flatMap(Object.keys);
    const wanted = new Set(names.filter((one) => one.startsWith('flannel_') && !CHOICE.test(one)));
    heard.set(name, new Map([...wanted].flatMap((one) => rendered(task.vars, one))));
  };
  return {
    heard,
    listeningTo: (find) => (name) => {
      const module = find(name);
      if (module === undefined || !('fleet' in module)) return module;
      const listening: FleetModule = {
        ...module,
        plan(args, hosts, tools) {
          for (const host of hosts) listen(host);
          return module.plan(args, hosts, tools);
        },
      };
      return listening;
    },
  };
}

/** One that cannot be rendered is not there for a check either. */
function rendered(vars: FleetHost['task']['vars'], name: string): [string, unknown][] {
  try {
    return [[name, vars[name]]];
  } catch {
    return [];
  }
}
