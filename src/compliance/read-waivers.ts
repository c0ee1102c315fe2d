import { z } from 'zod';
import type { SourceYaml } from '../core/yaml.js';
import {
  besideInventory,
  catalogueIds,
  invalid,
  kindOf,
  knownId,
  misfit,
  readComplianceYaml,
} from './compliance-file.js';
import type { Waiver } from './waiver.js';

const filled = (most: number) =>
  z
    .string({
      error: ({ input }) => (input === undefined ? 'is missing' : `has to be a text, not ${kindOf(input)}`),
    })
    .trim()
    .min(1, { error: 'is empty' })
    .max(most, { error: `has over ${most} characters` });

const pattern = filled(1000).refine(
  (text) => !/(^|[,:])\s*[!&]?@/.test(text),
  'names hosts and groups, not a file of them',
);

const waiverKeys = {
  id: filled(100),
  hosts: z.preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z
      .array(pattern, {
        error: ({ input }) =>
          input === undefined ? 'is missing' : `has to be a text or a list of texts, not ${kindOf(input)}`,
      })
      .min(1, { error: 'names no host' })
      .max(10_000, { error: 'has over 10000 entries' }),
  ),
  reason: filled(2000),
  owner: filled(200),
  expires: z
    .string({
      error: ({ input }) =>
        input === undefined ? 'is missing' : `has to be a date such as 2026-12-31, not ${kindOf(input)}`,
    })
    .refine(isDate, { error: ({ input }) => `has to be a date such as 2026-12-31, not ${kindOf(input)}` }),
};

const WaiverFile = z
  .array(z.strictObject(waiverKeys, { error: notAMapping }), {
    error: ({ input }) => `have to be a list of waivers (- id: FF103), not ${kindOf(input)}`,
  })
  .max(10_000, { error: 'are more than 10000' });

/**
 * Reads a list of waivers: YAML, each with `id`, `hosts` (a text or a list: names, groups, patterns as `--limit` takes
 * them), `reason`, `owner` and `expires`, the last day in UTC on which it holds. All have to be there.
 *
 * @param known ids of the checks that there are
 * @throws FixError `file/missing`, `file/too-large`, `yaml/syntax`, `compliance/invalid`, with place and mend
 */
export function readWaivers(path: string, known: readonly string[] = catalogueIds()): Waiver[] {
  const source = readComplianceYaml(path, 'the waivers');
  const read = WaiverFile.safeParse(source.value ?? []);
  if (!read.success) throw misfit(source, read.error, Object.keys(waiverKeys), 'waivers');
  return read.data.map((waiver, index) => ({
    ...waiver,
    id: idAt(source, index, waiver.id, known),
    at: source.at([index]),
  }));
}

/**
 * The waivers that `--waivers` names, else `waivers.yaml` beside the inventory where it is there, else none.
 *
 * @throws FixError as `readWaivers`
 */
export function findWaivers(inventoryPath: string, given: string | undefined): Waiver[] {
  const path = given ?? besideInventory(inventoryPath, 'waivers.yaml');
  return path === undefined ? [] : readWaivers(path);
}

function idAt(source: SourceYaml, index: number, id: string, known: readonly string[]): string {
  return knownId(id, known, (message, hint) => invalid(source, [index, 'id'], message, hint));
}

/** Whether it is a day of the calendar, as `2026-12-31`. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function notAMapping({ input, code }: { input?: unknown; code?: string }): string | undefined {
  return code === 'invalid_type' ? `takes waivers (id: FF103 and so on), not ${kindOf(input)}` : undefined;
}
