import { basename, extname } from 'node:path';
import { z } from 'zod';
import { FixError } from '../core/error.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Thresholds } from '../diagnose/thresholds.js';
import {
  besideInventory,
  catalogueIds,
  invalid,
  kindOf,
  knownId,
  misfit,
  readComplianceYaml,
} from './compliance-file.js';
import { NO_PROFILE, type Profile } from './profile.js';

const severity = z.enum(['error', 'warn'], { error: ({ input }) => `has to be error or warn, not ${kindOf(input)}` });
const number = (least: number, most: number, unit: string) => {
  const error = ({ input }: { input?: unknown }) =>
    `has to be a number of ${unit} from ${least} to ${most}, not ${kindOf(input)}`;
  return z.number({ error }).min(least, { error }).max(most, { error }).optional();
};
const mapping = ({ input, code }: { input?: unknown; code?: string }) =>
  code === 'invalid_type' ? `has to be a mapping (key: value), not ${kindOf(input)}` : undefined;
const ids = z
  .array(z.string({ error: ({ input }) => `takes ids of checks, not ${kindOf(input)}` }), {
    error: ({ input }) => `has to be a list of checks, [FF101, FF102], not ${kindOf(input)}`,
  })
  .min(1, { error: 'names no check; leave it out' })
  .optional();

const thresholdKeys = {
  pool_used_percent: number(1, 100, 'percent'),
  certificate_days: number(0, 36_500, 'days'),
  lease_left_seconds: number(0, 31_536_000, 'seconds'),
};

const profileKeys = {
  name: z
    .string({ error: ({ input }) => `has to be a text, not ${kindOf(input)}` })
    .trim()
    .min(1, { error: 'is empty' })
    .max(100, { error: 'has over 100 characters' })
    .optional(),
  only: ids,
  skip: ids,
  thresholds: z.strictObject(thresholdKeys, { error: mapping }).optional(),
  severities: z.record(z.string(), severity, { error: mapping }).optional(),
  fail_on: severity.optional(),
};

const ProfileFile = z.strictObject(profileKeys, { error: mapping });

const KEYS = [...Object.keys(profileKeys), ...Object.keys(thresholdKeys)];

/**
 * Reads a profile: YAML with `name`, `only`, `skip`, `thresholds`, `severities` and `fail_on`, all of which may be left
 * out. A name that is not given is that of the file.
 *
 * @param known ids of the checks that there are
 * @throws FixError `file/missing`, `file/too-large`, `yaml/syntax`, `compliance/invalid`, with place and mend
 */
export function readProfile(path: string, known: readonly string[] = catalogueIds()): Profile {
  const source = readComplianceYaml(path, 'the profile');
  const read = ProfileFile.safeParse(source.value ?? {});
  if (!read.success) throw misfit(source, read.error, KEYS, 'a profile');
  const { name, only, skip, thresholds = {}, severities = {}, fail_on: failOn = NO_PROFILE.failOn } = read.data;
  return {
    name: name ?? basename(path, extname(path)),
    only: idsAt(source, 'only', only, known),
    skip: idsAt(source, 'skip', skip, known),
    thresholds: thresholdsOf(thresholds),
    severities: severitiesOf(source, severities, known),
    failOn,
  };
}

/**
 * The profile that `--profile` names, else `profile.yaml` beside the inventory where it is there, else none.
 *
 * @throws FixError as `readProfile`
 */
export function findProfile(inventoryPath: string, given: string | undefined): Profile {
  const path = given ?? besideInventory(inventoryPath, 'profile.yaml');
  return path === undefined ? NO_PROFILE : readProfile(path);
}

/**
 * A profile with what the command line says over it: `only` replaces the profile's, `skip` is added to it.
 *
 * @throws FixError `cli/usage` for a check that there is not
 */
export function withOptions(
  profile: Profile,
  options: {
    readonly only: readonly string[];
    readonly skip: readonly string[];
    readonly failOn?: Profile['failOn'] | undefined;
  },
  known: readonly string[] = catalogueIds(),
): Profile {
  const named = (option: string) => (word: string) =>
    knownId(word, known, (message, hint) => new FixError('cli/usage', `--${option}: ${message}`, { hint }));
  const only = options.only.map(named('only'));
  return {
    ...profile,
    only: only.length > 0 ? unique(only) : profile.only,
    skip: unique([...profile.skip, ...options.skip.map(named('skip'))]),
    failOn: options.failOn ?? profile.failOn,
  };
}

function idsAt(
  source: SourceYaml,
  key: string,
  words: readonly string[] | undefined,
  known: readonly string[],
): string[] {
  const read = (words ?? []).map((word, index) =>
    knownId(word, known, (message, hint) => invalid(source, [key, index], message, hint)),
  );
  return unique(read);
}

function severitiesOf(
  source: SourceYaml,
  written: Readonly<Record<string, 'error' | 'warn'>>,
  known: readonly string[],
): Profile['severities'] {
  const entries = Object.entries(written).map(([word, is]) => {
    const refuse = (message: string, hint: string) => invalid(source, ['severities', word], message, hint);
    return [knownId(word, known, refuse), is] as const;
  });
  return Object.fromEntries(entries);
}

function thresholdsOf({
  pool_used_percent: poolUsedPercent,
  certificate_days: certificateDays,
  lease_left_seconds: leaseLeftSeconds,
}: { [key in keyof typeof thresholdKeys]?: number | undefined }): Partial<Thresholds> {
  return {
    ...(poolUsedPercent !== undefined && { poolUsedPercent }),
    ...(certificateDays !== undefined && { certificateDays }),
    ...(leaseLeftSeconds !== undefined && { leaseLeftSeconds }),
  };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
