import { z } from 'zod';
import type { FileImage } from '../core/before-image.js';
import { masked, maskedDeep } from '../core/mask.js';
import type { ClusterEntry, HostEntry, RunEnding, RunHeader } from './record.js';

/** Digests of contents are names of files, so nothing else may pass for one. */
const digest = z.string().regex(/^([0-9a-f]{64})?$/);
const attributes = {
  path: z.string(),
  mode: z.string().regex(/^[0-7]{4,5}$/),
  owner: z.string().regex(/^\d{1,20}$/),
  group: z.string().regex(/^\d{1,20}$/),
};

/** A file image on disk: `kept` says that its content lies beside the entries, under its digest. */
const StoredImage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('absent'), path: z.string() }),
  z.object({ kind: z.literal('file'), ...attributes, digest, bytes: z.number().int().min(0), kept: z.boolean() }),
  z.object({ kind: z.literal('folder'), ...attributes }),
  z.object({ kind: z.literal('link'), path: z.string(), target: z.string(), leadsTo: z.string().optional() }),
  z.object({ kind: z.literal('other'), path: z.string(), what: z.string() }),
]);
type StoredImage = z.infer<typeof StoredImage>;

const at = z.string();
const StoredEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('before'),
    at,
    become: z.object({ method: z.string(), user: z.string() }).optional(),
    image: z.object({
      files: z.array(StoredImage),
      units: z.array(z.object({ name: z.string(), active: z.string(), enabled: z.string() })),
    }),
    generated: z.array(z.string()).default([]),
  }),
  z.object({ kind: z.literal('note'), at, note: z.record(z.string(), z.unknown()) }),
  z.object({
    kind: z.literal('begin'),
    at,
    step: z.number().int(),
    files: z.array(z.string()).optional(),
    hidden: z.boolean().optional(),
    task: z.string(),
    module: z.string(),
    why: z.string(),
    undoable: z.boolean(),
    restart: z.string().optional(),
  }),
  z.object({
    kind: z.literal('end'),
    at,
    step: z.number().int(),
    outcome: z.enum(['done', 'failed', 'lost']),
    why: z.string(),
    after: z.array(StoredImage),
  }),
  z.object({
    kind: z.literal('state'),
    at,
    state: z.enum(['done', 'failed', 'put-back', 'unreachable', 'cut-off', 'left']),
    why: z.string(),
  }),
]);

const Header = z.object({
  id: z.string(),
  kind: z.enum(['run', 'rollback']),
  of: z.string().optional(),
  inventory: z.string(),
  playbook: z.string(),
  limit: z.string().optional(),
  tags: z.array(z.string()),
  skipTags: z.array(z.string()),
  clusters: z.array(z.string()).optional(),
  extraVarsDigest: z.string().optional(),
  by: z.string(),
  pid: z.number().int(),
  startedAt: z.string(),
  version: z.string(),
});

const Cluster = z.object({ at, what: z.string() });

const Ending = z.object({
  endedAt: z.string(),
  verdict: z.string(),
  exitStatus: z.number().int(),
  line: z.string(),
  /** How many hosts were changed, and how many did not end well; for the list of runs. */
  hosts: z.object({ changed: z.number().int(), failed: z.number().int() }).optional(),
});
export type StoredEnding = z.infer<typeof Ending>;

/**
 * An entry as one line of JSON. Words for people are masked; paths and contents are kept as they are, since an undo
 * needs them.
 *
 * @param keep called with each content that has to lie beside the entries
 */
export function lineOfEntry(entry: HostEntry, keep: (content: Buffer, digest: string) => void): string {
  switch (entry.kind) {
    case 'before': {
      const files = entry.image.files.map((image) => stored(image, keep));
      return line({ ...entry, image: { ...entry.image, files } });
    }
    case 'end':
      return line({ ...entry, why: masked(entry.why), after: entry.after.map((image) => stored(image, () => {})) });
    case 'begin':
      return line({ ...entry, task: masked(entry.task), why: masked(entry.why) });
    case 'note':
      return line({ ...entry, note: maskedDeep(entry.note) });
    case 'state':
      return line({ ...entry, why: masked(entry.why) });
    default:
      return entry satisfies never;
  }
}

function stored(image: FileImage, keep: (content: Buffer, digest: string) => void): StoredImage {
  if (image.kind !== 'file') return image;
  const { content, ...rest } = image;
  if (content !== undefined) keep(content, image.digest);
  return { ...rest, kept: content !== undefined };
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * @param content what lies under a digest, undefined where that is gone
 * @throws Error, of whatever kind, for a line that is no entry
 */
export function entryOfLine(text: string, content: (digest: string) => Buffer | undefined): HostEntry {
  const entry = StoredEntry.parse(JSON.parse(text));
  const image = (one: StoredImage): FileImage => {
    if (one.kind !== 'file') return one;
    const { kept, ...rest } = one;
    return { ...rest, content: kept ? content(one.digest) : undefined };
  };
  if (entry.kind === 'before')
    return { ...entry, become: entry.become, image: { ...entry.image, files: entry.image.files.map(image) } };
  return entry.kind === 'end' ? { ...entry, after: entry.after.map(image) } : entry;
}

/** The first line of a host's file: its name, which the file's own name may not tell. */
export function lineOfHost(host: string): string {
  return line({ host });
}

/** @throws Error, of whatever kind, for another line */
export function hostOfLine(text: string): string {
  return z.object({ host: z.string() }).parse(JSON.parse(text)).host;
}

export function lineOfCluster({ at: when, what }: ClusterEntry): string {
  return line({ at: when, what: masked(what) });
}

/** @throws Error, of whatever kind, for a line that is none */
export function clusterOfLine(text: string): ClusterEntry {
  return Cluster.parse(JSON.parse(text));
}

export function textOfHeader(header: RunHeader): string {
  return line({ ...header, by: masked(header.by) });
}

/** @throws Error, of whatever kind, for a text that is none */
export function headerOfText(text: string): RunHeader {
  return Header.parse(JSON.parse(text));
}

export function textOfEnding(ending: RunEnding, hosts: NonNullable<StoredEnding['hosts']>): string {
  return line({ ...ending, line: masked(ending.line), hosts });
}

/** @throws Error, of whatever kind, for a text that is none */
export function endingOfText(text: string): StoredEnding {
  return Ending.parse(JSON.parse(text));
}
