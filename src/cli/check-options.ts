import { type Command, Option } from 'commander';
import { collect, wholeNumber } from './option-values.js';
import type { RunOptions } from './options.js';

/** What `check` takes besides. */
export interface CheckOptions extends RunOptions {
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly failOn?: 'error' | 'warn';
  readonly short?: boolean;
  readonly profile?: string;
  readonly waivers?: string;
  /** `FORMAT=PATH`, as it was typed. */
  readonly report: readonly string[];
  /** A folder of recorded facts. */
  readonly from?: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
  readonly history: boolean;
  readonly keepHistory: number;
}

/** How many reports of an inventory are kept. */
const KEPT_REPORTS = 500;

/** Adds the options of a check to those of a run. */
export function withCheckOptions(command: Command): Command {
  command
    .optionsGroup('What is checked:')
    .option('--only <ids>', 'only these checks: FF101,FF102', splitIds, [])
    .option('--skip <ids>', 'not these checks', splitIds, [])
    .addOption(new Option('--fail-on <severity>', 'what counts for the exit status').choices(['error', 'warn']))
    .option('--profile <file>', 'checks, severities and thresholds (default: profile.yaml beside the inventory)')
    .option('--waivers <file>', 'findings that may stay for a while (default: waivers.yaml beside the inventory)')
    .option('--from <folder>', 'look at what `fix-flannel gather` kept there, and connect to nothing')
    .option('--kubeconfig <file>', 'where flannel keeps its leases in the Kubernetes API: how to get there')
    .option('--kube-context <name>', 'a context of it other than its current one')
    .optionsGroup('What becomes of it:')
    .option('--short', 'a line a finding')
    .option('--report <format=path>', 'write a report, too (repeatable; - is standard output)', collect, [])
    .option('--no-history', 'do not keep this report')
    .option('--keep-history <n>', 'how many reports of an inventory are kept', wholeNumber, KEPT_REPORTS)
    .option('--state-folder <folder>', 'where reports are kept');
  return command;
}

function splitIds(value: string, previous: readonly string[]): string[] {
  const ids = value.split(',').map((id) => id.trim().toUpperCase());
  return [...previous, ...ids.filter((id) => id !== '')];
}
