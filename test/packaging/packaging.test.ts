import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { sandboxLines } from '../../src/schedule/sandbox.js';
import { madeUp } from '../schedule/made-up.js';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

// No container runtime is to be had here: the file is read, not built. docs/schedule.md says what was run by hand.
describe('the Containerfile', () => {
  const lines = read('packaging/Containerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ instruction: line.split(' ', 1)[0] as string, rest: line.slice(line.indexOf(' ') + 1) }));
  const of = (instruction: string) => lines.filter((line) => line.instruction === instruction).map(({ rest }) => rest);

  test('has only instructions that there are', () => {
    const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'VOLUME', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'];
    expect(lines.map(({ instruction }) => instruction).filter((one) => !known.includes(one))).toEqual([]);
  });

  test('begins with the Node that the package asks for, from no named registry', () => {
    for (const from of of('FROM')) expect(from).toMatch(/^node:20-bookworm-slim( AS build)?$/);
    expect(JSON.parse(read('package.json')).engines.node).toBe('>=20.12');
  });

  test('copies what there is, and what the ignore file lets through', () => {
    const sources = of('COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(sources).toContain('src');
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    const let_ = read('.dockerignore').split('\n');
    expect(let_.filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*');
    expect(sources.filter((source) => !let_.includes(`!${source}`))).toEqual([]);
  });

  test('copies all that the package ships to run, and nothing made for development', () => {
    const last = lines.slice(lines.map(({ instruction }) => instruction).lastIndexOf('FROM'));
    const copied = last.filter(({ instruction }) => instruction === 'COPY').map(({ rest }) => rest.split(' ').at(-1));
    expect(copied.sort()).toEqual(['./', './bin', './dist', './node_modules', './playbooks']);
    expect(of('RUN').join('\n')).toContain('npm prune --omit=dev --ignore-scripts');
  });

  test('ends as a user who is not root, with words and no shell', () => {
    expect(of('USER')).toEqual(['1000:1000']);
    for (const words of [...of('ENTRYPOINT'), ...of('CMD')]) expect(JSON.parse(words)).toBeInstanceOf(Array);
    expect(JSON.parse((of('HEALTHCHECK')[0] ?? '').replace(/^.* CMD /, ''))).toHaveLength(3);
  });
});

/** The fields that the file uses, and no others: the model passes over a field that it does not know. */
const OWN = {
  resources: z.strictObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  mount: z.strictObject({ name: z.string(), mountPath: z.string().startsWith('/'), readOnly: z.boolean().optional() }),
};
const CONTAINER = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string(),
  args: z.array(z.string()),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  resources: OWN.resources,
  volumeMounts: z.array(OWN.mount),
});
const POD = z.strictObject({
  restartPolicy: z.literal('Never'),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.literal(1000),
    runAsGroup: z.literal(1000),
    fsGroup: z.literal(1000),
    fsGroupChangePolicy: z.string(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([CONTAINER]),
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      persistentVolumeClaim: z.strictObject({ claimName: z.string() }).optional(),
      secret: z.strictObject({ secretName: z.string(), defaultMode: z.literal(0o400) }).optional(),
      emptyDir: z.strictObject({ medium: z.string(), sizeLimit: z.string() }).optional(),
    }),
  ),
});
const labels = z.record(z.string(), z.string());
const CRON_JOB = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('CronJob'),
  metadata: z.strictObject({ name: z.string(), labels }),
  spec: z.strictObject({
    schedule: z.string(),
    timeZone: z.string(),
    concurrencyPolicy: z.literal('Forbid'),
    startingDeadlineSeconds: z.number(),
    successfulJobsHistoryLimit: z.number(),
    failedJobsHistoryLimit: z.number(),
    jobTemplate: z.strictObject({
      spec: z.strictObject({
        backoffLimit: z.literal(0),
        activeDeadlineSeconds: z.number(),
        template: z.strictObject({ metadata: z.strictObject({ labels }), spec: POD }),
      }),
    }),
  }),
});

// No API server is to be had here: the schema of Kubernetes is, and a list of the fields that are meant.
describe('the CronJob', () => {
  // As Kubernetes reads YAML: octal modes are numbers.
  const job = parse(read('packaging/cronjob.yaml'), { version: '1.1' });

  test('fits the schema of Kubernetes', () => {
    expect(() => new CronJob(job).validate()).not.toThrow();
  });

  test.each([
    { about: 'a schedule that is a number', spec: { schedule: 17 } },
    { about: 'a policy that there is not', spec: { concurrencyPolicy: 'Never', jobTemplate: 'x' } },
    { about: 'no template', spec: { jobTemplate: undefined } },
  ])('which refuses $about', ({ spec }) => {
    expect(() => new CronJob({ ...job, spec: { ...job.spec, ...spec } }).validate()).toThrow();
  });

  test('has the fields that are meant, and no misspelt one', () => expect(CRON_JOB.parse(job)).toEqual(job));

  test('mounts volumes that there are, and names files below them', () => {
    const pod = POD.parse(job.spec.jobTemplate.spec.template.spec);
    const [{ volumeMounts, args, image }] = pod.containers;
    expect(volumeMounts.map(({ name }) => name).sort()).toEqual(pod.volumes.map(({ name }) => name).sort());
    const paths = args.flatMap((word) => /^(?:--[^=]+=)?(\/.*)$/.exec(word)?.[1] ?? []);
    expect(paths).toHaveLength(3);
    for (const path of paths) expect(volumeMounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`))).toBe(true);
    expect(image).toBe(`fix-flannel:${JSON.parse(read('package.json')).version}`);
  });
});

describe('the unit of the daemon', () => {
  const text = read('packaging/fix-flannel-serve.service');

  test('may do no more than that of a check', () => {
    const lines = text.split('\n');
    expect(sandboxLines(madeUp()).filter((line) => !lines.includes(line))).toEqual([]);
  });

  test('is read by systemd without a word', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-serve-'));
    try {
      const path = join(folder, 'fix-flannel-serve.service');
      writeFileSync(path, text.replace('/usr/bin/node', process.execPath));
      const { error, status, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', '--recursive-errors=no', path],
        {
          encoding: 'utf8',
        },
      );
      expect(error).toBeUndefined();
      expect([status, stderr.split('\n').filter((line) => line.includes('fix-flannel'))]).toEqual([0, []]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
