import type { CheckReport } from '../compliance/report.js';
import { FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import type { History } from './open-history.js';

/** How far behind the newest one. */
const RELATIVE: ReadonlyMap<string, number> = new Map([
  ['latest', 0],
  ['previous', 1],
]);

/**
 * One report among those of one inventory, or of several.
 *
 * @param name its id, or as much of the beginning as no other has; `latest` and `previous` where only one inventory has
 *   a history
 * @throws FixError `journal/unknown-run`, `journal/damaged`; `cli/usage` where it is not clear whose is meant
 */
export async function findReport(histories: readonly History[], name: string): Promise<CheckReport> {
  const back = RELATIVE.get(name);
  const report = back === undefined ? await byId(histories, name) : await relative(histories, name, back);
  if (report === undefined) throw unknownReport(name, []);
  return report;
}

async function relative(histories: readonly History[], name: string, back: number): Promise<CheckReport | undefined> {
  const [history] = histories;
  if (histories.length > 1) {
    throw new FixError('cli/usage', `${histories.length} inventories have a history: whose ${name} report is meant?`, {
      hint: 'Name the inventory with --inventory, or give the id of a report.',
    });
  }
  return (await history?.latest(back + 1))?.[back];
}

async function byId(histories: readonly History[], name: string): Promise<CheckReport | undefined> {
  const all: string[] = [];
  const found: { readonly history: History; readonly id: string }[] = [];
  for (const history of histories) {
    const ids = await history.ids();
    all.push(...ids);
    const like = ids.includes(name) ? [name] : name === '' ? [] : ids.filter((id) => id.startsWith(name));
    found.push(...like.map((id) => ({ history, id })));
  }
  const [first] = found;
  if (first === undefined) throw unknownReport(name, all);
  if (found.length === 1) return first.history.read(first.id);
  throw new FixError('journal/unknown-run', `${found.length} reports start with ${printableLine(name, 80)}`, {
    hint: `Give more of its id: ${found
      .slice(0, 4)
      .map(({ id }) => id)
      .join(', ')}.`,
  });
}

function unknownReport(name: string, ids: readonly string[]): FixError {
  return new FixError('journal/unknown-run', `there is no report ${printableLine(name, 80)}`, {
    hint: didYouMean(name, ids, '`fix-flannel history` shows all reports.'),
  });
}
