import { existsSync } from 'node:fs';
import { FixError } from '../core/error.js';
import type { RunSettings } from '../engine/run.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { loadPlaybook } from '../playbook/load-playbook.js';
import { withOwnModules } from './own-modules.js';
import { withConfig } from './playbook-config.js';
import { listingLines } from './playbook-listing.js';
import type { PlaybookOptions } from './playbook-options.js';
import { asAnsible, EXIT, runOne } from './run-as-ansible.js';

/** `playbook`: runs playbooks one after the other, and stops at one that fails. @returns the exit status */
export async function playbookCommand(files: readonly string[], given: PlaybookOptions): Promise<number> {
  return asAnsible(async () => {
    const { options: configured, config } = await withConfig(given);
    for (const file of files) {
      if (existsSync(file)) continue;
      throw new FixError('file/missing', `the playbook: ${file} could not be found`, { hint: 'Check its path.' });
    }
    const options = await withOwnModules(configured, ...files);
    const { knows } = options.modules ?? OUR_MODULES;
    const books = files.map((file) => loadPlaybook(file, knows, options.vault, options.rolesPath));
    const listing = listingOf(options);
    let status: number = EXIT.done;
    for (const playbook of books) {
      status = await runOne(playbook, options, config, { listing });
      if (status !== EXIT.done) break;
    }
    return status;
  });
}

function listingOf({ syntaxCheck, listHosts, listTasks, listTags }: PlaybookOptions) {
  if (!syntaxCheck && !listHosts && !listTasks && !listTags) return undefined;
  const listing = { hosts: listHosts === true, tasks: listTasks === true, tags: listTags === true };
  return (settings: RunSettings) => listingLines(settings, listing);
}
