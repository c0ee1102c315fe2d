import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FixError } from '../core/error.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { readPlaybook } from '../playbook/load-playbook.js';
import { AdHocText } from '../report/ansible-adhoc.js';
import { withOwnModules } from './own-modules.js';
import { withConfig } from './playbook-config.js';
import { adHocHosts } from './playbook-listing.js';
import type { ModuleOptions } from './playbook-options.js';
import { asAnsible, runOne, styleOf } from './run-as-ansible.js';

/** How often a task in the background is asked how it stands, where nothing is said: seconds. */
const POLL_SECONDS = 15;

/** `module`: one task, as a playbook of one play. @returns the exit status */
export async function moduleCommand(hosts: string, given: ModuleOptions): Promise<number> {
  return asAnsible(async () => {
    const { options: read, config } = await withConfig({ ...given, tags: [], skipTags: [] });
    // The one task has no tags: those that a configuration picks are of playbooks.
    const configured = { ...read, tags: [], skipTags: [] };
    const place = join(given.playbookDir ?? '', 'command line');
    const options = await withOwnModules(configured, ...(given.playbookDir === undefined ? [] : [place]));
    const play = { name: 'Ad-Hoc', hosts, gather_facts: false, tasks: [taskOf(given)] };
    const { knows } = options.modules ?? OUR_MODULES;
    const playbook = readPlaybook(JSON.stringify([play]), place, knows, options.vault, options.rolesPath);
    return runOne(playbook, options, config, {
      listing: given.listHosts ? adHocHosts : undefined,
      text: (write) =>
        new AdHocText({
          ...styleOf(options, config),
          write,
          oneLine: given.oneLine === true,
          ...(given.tree !== undefined && { keep: keeper(given.tree) }),
        }),
    });
  });
}

function taskOf({ moduleName, args, background, poll }: ModuleOptions): object {
  return {
    [moduleName]: argumentsOf(args),
    ...(background !== undefined && { async: background, poll: poll ?? POLL_SECONDS }),
  };
}

/** JSON, or text as a task has it. @throws FixError `cli/usage` for JSON that does not parse */
function argumentsOf(args: string | undefined): unknown {
  if (args === undefined) return null;
  if (!/^\s*\{/.test(args)) return args;
  try {
    return JSON.parse(args);
  } catch (cause) {
    throw new FixError('cli/usage', '-a begins with { and is no JSON', { cause, hint: '-a \'{"name": "value"}\'' });
  }
}

/** Writes what each host answers to a file of its name: in the folder, whatever the name is. */
function keeper(folder: string): (host: string, json: string) => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return (host, json) => writeFileSync(join(folder, host.replaceAll(/^\.|\//g, '_')), json, { mode: 0o600 });
}
