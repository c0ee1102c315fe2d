import process from 'node:process';
import { Command } from 'commander';
import { FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import type { Check } from '../diagnose/check.js';

interface ListOptions {
  readonly json?: boolean;
}

/** `checks list`: the catalogue. It needs no inventory and no network. */
export function checksCommands(): Command {
  const root = new Command('checks').description('what a check looks for');
  root.addCommand(
    new Command('list')
      .description('every check: its id, its severity, its title')
      .option('--json', 'one JSON document on standard output')
      .action((options: ListOptions) => list(options)),
    { isDefault: true },
  );
  for (const command of root.commands) command.exitOverride();
  return root;
}

/** `explain ID`: the page of a check. It needs no inventory and no network. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('why a check matters, how to see it by hand, how to mend it')
    .argument('<id>', 'the id of a check, such as FF101')
    .action((id: string) => explain(id));
}

async function list({ json }: ListOptions): Promise<void> {
  const { checks } = await import('../diagnose/index.js');
  if (json) return say([JSON.stringify({ checks: checks.map(checkAsJson) })]);
  const { checkList } = await import('../report/check-pages.js');
  say([...checkList(checks), '', '`fix-flannel explain ID` tells more of one.']);
}

function checkAsJson({ id, severity, title, about, page, onlyInCheck }: Check) {
  const { task = null, causes = [] } = page ?? {};
  return { id, severity, title, about, task, causes, onlyInCheck: onlyInCheck === true };
}

async function explain(id: string): Promise<void> {
  const { checks } = await import('../diagnose/index.js');
  const check = checks.find((one) => one.id === id.trim().toUpperCase());
  if (check === undefined) throw unknownCheck(id, checks);
  const { checkPage } = await import('../report/check-pages.js');
  say(checkPage(check, WIDTH));
}

/** A page is read more easily on narrow lines, however wide the terminal is. */
const WIDTH = 80;

function unknownCheck(id: string, checks: readonly Check[]): FixError {
  return new FixError('cli/usage', `there is no check ${JSON.stringify(printableLine(id, 40))}`, {
    hint: didYouMean(
      id,
      checks.map((one) => one.id),
      '`fix-flannel checks list` names them all.',
    ),
  });
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
