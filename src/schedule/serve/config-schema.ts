import { z } from 'zod';
import { kindOf } from '../../compliance/compliance-file.js';
import { isName } from '../schedule-name.js';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90`, `90s`, `5m`, `1h`, `2d` in milliseconds. */
function duration(leastSeconds: number) {
  return z.unknown().transform((value, context) => {
    const match = /^(\d{1,6})([smhd]?)$/.exec(String(value));
    const ms = match ? Number(match[1]) * UNIT_MS[(match[2] || 's') as keyof typeof UNIT_MS] : undefined;
    if (ms !== undefined && ms >= leastSeconds * 1000 && ms <= 366 * UNIT_MS.d) return ms;
    const message = `has to be a time from ${leastSeconds}s to 366d, as 90s, 5m, 1h or 1d, not ${kindOf(value)}`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

const text = z
  .string({ error: ({ input }) => `has to be a text, not ${kindOf(input)}` })
  .min(1, { error: 'is empty' })
  .max(4096, { error: 'is too long' })
  .refine((value) => !value.includes('\0'), { error: 'holds a NUL' });

function whole(least: number, most: number) {
  const error = ({ input }: { input?: unknown }) =>
    `has to be a whole number from ${least} to ${most}, not ${kindOf(input)}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

const mapping = ({ input, code }: { input?: unknown; code?: string }) =>
  code === 'invalid_type' ? `has to be a mapping (key: value), not ${kindOf(input)}` : undefined;

function list<T extends z.ZodType>(of: T) {
  return z.array(of, { error: ({ input }) => `has to be a list, not ${kindOf(input)}` });
}

const webhook = z.strictObject(
  {
    url: text,
    kind: z.enum(['slack', 'plain'], { error: ({ input }) => `has to be slack or plain, not ${kindOf(input)}` }),
    headers_file: text.optional(),
    timeout: duration(1).optional(),
  },
  { error: mapping },
);

const check = z.strictObject(
  {
    profile: text.optional(),
    waivers: text.optional(),
    only: list(text).optional(),
    skip: list(text).optional(),
    fail_on: z.enum(['error', 'warn'], { error: () => 'has to be error or warn' }).optional(),
    keep_history: whole(1, 100_000).optional(),
    kubeconfig: text.optional(),
    kube_context: text.optional(),
    limit: text.optional(),
    forks: whole(1, 1000).optional(),
    user: text.optional(),
    private_key: text.optional(),
    key_passphrase_file: text.optional(),
    ssh_config: text.optional(),
    vault_password_file: text.optional(),
  },
  { error: mapping },
);

const remediate = z.strictObject(
  { after: whole(2, 1000), only: list(text).min(1, { error: 'names no check' }), timeout: duration(60).optional() },
  { error: mapping },
);

const cluster = z.strictObject(
  {
    name: text.refine(isName, {
      error: 'has to be up to 60 letters, digits, "_", "-" and ".", a letter or digit first',
    }),
    inventory: text,
    cron: text.optional(),
    every: duration(10).optional(),
    timezone: text.optional(),
    jitter: duration(0).optional(),
    timeout: duration(5).optional(),
    check: check.optional(),
    reports: list(text).optional(),
    webhooks: list(webhook).optional(),
    remediate: z.preprocess((value) => (value === false ? undefined : value), remediate.optional()),
  },
  { error: mapping },
);

const listen = z.strictObject(
  { address: text.optional(), port: whole(0, 65_535).optional(), token_file: text.optional() },
  { error: mapping },
);

/** The daemon's file as it is written. */
export const ServeFile = z.strictObject(
  {
    clusters: list(cluster).min(1, { error: 'names no cluster' }).max(1000, { error: 'has over 1000 clusters' }),
    listen: listen.optional(),
    state_folder: text.optional(),
    at_once: whole(1, 100).optional(),
    webhooks: list(webhook).optional(),
  },
  { error: mapping },
);

export type ServeFile = z.output<typeof ServeFile>;
export type ClusterPart = ServeFile['clusters'][number];
export type WebhookPart = z.output<typeof webhook>;
export type CheckPart = z.output<typeof check>;

/** Every key that may stand somewhere in the file, for the one that was probably meant. */
export const KNOWN_KEYS: readonly string[] = [ServeFile, listen, cluster, check, remediate, webhook].flatMap((part) =>
  Object.keys(part.shape),
);
