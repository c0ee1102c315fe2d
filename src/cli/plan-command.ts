import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { FixError, messageOf } from '../core/error.js';
import { readRegularFile } from '../core/read-text.js';
import { askedFor } from '../engine/plan-asked.js';
import { type PlanFile, planOf, readPlan } from '../engine/plan-file.js';
import type { Tally } from '../engine/tally.js';
import { placeFile } from '../journal/durable-file.js';
import { conduct, SHIPPED_PLAYBOOK, settingsOf } from './conduct.js';
import type { RunOptions } from './options.js';
import { withOwnModules } from './own-modules.js';

const MOST_BYTES = 64 * 1024 * 1024;

/** `plan`: a check whose plan is kept, so that `run --plan` can do exactly that. @returns the exit status */
export async function planCommand(
  inventory: string,
  playbook: string | undefined,
  given: RunOptions & { readonly out?: string },
): Promise<number> {
  const options = await withOwnModules(given, playbook);
  const settings = settingsOf(inventory, playbook ?? SHIPPED_PLAYBOOK, { ...options, check: true });
  let planned: Tally | undefined;
  const status = await conduct(settings, { ...options, check: true }, { planned: (tally) => (planned = tally) });
  if (options.out === undefined || planned === undefined) return status;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  if (planned.failed.size + planned.unreachable.size > 0) {
    say('fix-flannel: no plan was written: not every host could be planned for');
    return status;
  }
  const salt = randomBytes(16).toString('hex');
  const plan = planOf(planned, settings.header, askedFor(settings, salt), salt);
  await writePlan(options.out, plan);
  say(`The plan is in ${options.out}. To do exactly this: fix-flannel run ${inventory} --plan ${options.out}`);
  return status;
}

async function writePlan(path: string, plan: PlanFile): Promise<void> {
  try {
    await placeFile(path, Buffer.from(`${JSON.stringify(plan, null, 2)}\n`), randomBytes(6).toString('hex'));
  } catch (cause) {
    throw new FixError('plan/invalid', `the plan cannot be written to ${path}: ${messageOf(cause)}`, {
      hint: 'Give --out a file in a folder that you may write to.',
      cause,
    });
  }
}

/** @throws FixError `file/missing`, `file/too-large`, `plan/invalid` */
export function loadPlan(path: string): PlanFile {
  return readPlan(readRegularFile(path, 'the plan', MOST_BYTES).toString('utf8'), path);
}
