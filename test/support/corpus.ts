import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROCESS_LOOKUPS } from '../../src/cli/wire.js';
import type { Event, HostCounts, TaskResult } from '../../src/engine/events.js';
import { loadInventory } from '../../src/inventory/load-inventory.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { censored } from '../../src/report/ansible-json.js';
import { toJson } from '../../src/template/json.js';
import { knows, runLoaded } from './run-playbook.js';

export const CORPUS = fileURLToPath(new URL('../ansible/corpus', import.meta.url));

/** What one pass over a project came to, in the form in which `record.py` writes it down. */
export interface Pass {
  /** By host: task, status, result. */
  readonly hosts: Readonly<Record<string, readonly Told[]>>;
  readonly recap: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly stats: unknown;
  /** By path: mode and text, or where a link leads. */
  readonly files: Readonly<Record<string, string>>;
}

type Told = readonly [task: string, status: string, result: unknown];

export type PassName = 'first' | 'again' | 'check';

/** One thing that is not the same. */
export interface Difference {
  readonly pass: PassName;
  readonly host: string;
  /** The task, or what else differs: `recap`, `files`, `stats`, `order`. */
  readonly task: string;
  /** The path of the field in the result. */
  readonly field: string;
  readonly ansible: unknown;
  readonly ours: unknown;
}

/** Recordings are made with a home of their own. */
const OWN_HOME = new RegExp(`${homedir()}(?![\\w/])`, 'g');

const HOSTS = ['h1', 'h2', 'h3'];
const UNTOLD: { readonly keys: readonly string[]; readonly folderSize: string } = JSON.parse(
  readFileSync(join(CORPUS, 'untold.json'), 'utf8'),
);
/** What only ours says, in words for people or for itself. */
const OURS = new Set([
  'msg',
  'refused',
  'unreachable',
  'why',
  'hint',
  'not_run',
  'journal_note',
  'plan_notes',
  'skip_reason',
]);

export function projects(): string[] {
  return readdirSync(CORPUS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(CORPUS, entry.name, 'recorded.json')))
    .map(({ name }) => name);
}

export function recorded(project: string): Record<PassName, Pass> {
  return JSON.parse(readFileSync(join(CORPUS, project, 'recorded.json'), 'utf8'));
}

/** Runs a project as `record.py` does: twice in one folder, and as a check in another. */
export async function runProject(project: string): Promise<Record<PassName, Pass>> {
  const base = mkdtempSync(join(tmpdir(), 'corpus-'));
  try {
    const [where, other] = [freshFolder(base, 'where'), freshFolder(base, 'check')];
    const first = await runPass(project, where, false);
    const again = await runPass(project, where, false);
    return { first, again, check: await runPass(project, other, true) };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function freshFolder(base: string, name: string): string {
  for (const host of HOSTS) {
    mkdirSync(join(base, name, host), { recursive: true });
    chmodSync(join(base, name, host), 0o755);
  }
  return join(base, name);
}

async function runPass(project: string, where: string, check: boolean): Promise<Pass> {
  const folder = join(CORPUS, project);
  const ran = await runLoaded(
    loadInventory(join(folder, 'inventory.ini')),
    loadPlaybook(join(folder, 'site.yml'), knows),
    {
      check,
      // Other projects are run at the same time, on hosts of the same names.
      targetLockFolder: join(dirname(where), 'lock'),
      extraVars: { where, extra: 'command' },
      inventorySources: [join(folder, 'inventory.ini')],
      world: { lookups: PROCESS_LOOKUPS, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
    },
  );
  const recap = ran.events.find((event) => event.kind === 'recap');
  const pass = {
    hosts: toldByHost(ran.events),
    recap: Object.fromEntries([...(recap?.hosts ?? [])].map(([host, counts]) => [host, asAnsibleCounts(counts)])),
    stats: Object.fromEntries(recap?.stats ?? []),
    files: filesBelow(where),
  };
  return JSON.parse(
    toJson(pass)
      .replaceAll(where, 'WHERE')
      .replaceAll(folder, 'PROJECT')
      .replace(OWN_HOME, 'HOME')
      .replace(/tmp\.\w+\.x/g, 'tmp.NAME.x'),
  );
}

export function asAnsibleCounts({ failed, unreachable, ...counts }: HostCounts): Record<string, number> {
  return { ...counts, failures: failed, unreachable };
}

/** What each host was told of, in the form of a recording. */
export function toldByHost(events: readonly Event[]): Record<string, Told[]> {
  const hosts: Record<string, Told[]> = {};
  const add = (host: string, told: Told) => {
    hosts[host] = [...(hosts[host] ?? []), told];
  };
  for (const event of events) {
    if (event.kind === 'result') add(event.of.host, [event.task, statusOf(event.of), resultOf(event.of)]);
    if (event.kind === 'included') for (const host of event.hosts) add(host, ['an include', 'included', {}]);
  }
  return hosts;
}

function statusOf({ status, ignored }: TaskResult): string {
  return ignored ? 'ignored' : status;
}

function resultOf({ result, noLog, items }: TaskResult): unknown {
  const told = JSON.parse(toJson(withoutUntold(noLog ? censored(result) : result)));
  if (noLog || items === undefined || !Array.isArray(told.results)) return told;
  const results = told.results.map((one: unknown, index: number) => {
    const item = items[index];
    if (item === undefined || typeof one !== 'object') return one;
    return { ...one, LABEL: JSON.parse(toJson(item.label)), STATUS: item.status };
  });
  return { ...told, results };
}

function withoutUntold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUntold);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const of = value as Record<string, unknown>;
  const isFolder = of.state === 'directory' || of.isdir === true;
  const kept = Object.entries(of).filter(
    ([key]) => !key.startsWith('_ansible') && !UNTOLD.keys.includes(key) && !(isFolder && key === UNTOLD.folderSize),
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutUntold(item)]));
}

function filesBelow(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    const mode = (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0');
    if (entry.isSymbolicLink()) found[name] = `link ${readlinkSync(path)}`;
    else if (!entry.isDirectory()) found[name] = `${mode} ${readFileSync(path, 'utf8')}`;
    else if (!name.startsWith('fetched')) found[name] = `${mode} folder`;
  }
  return found;
}

/** All that is not the same in two accounts of one pass. */
export function differencesOf(pass: PassName, ansible: Pass, ours: Pass): Difference[] {
  const found: Difference[] = [];
  const add = (host: string, task: string) => (field: string, one: unknown, other: unknown) => {
    found.push({ pass, host, task, field, ansible: one, ours: other });
  };
  const hosts = new Set([...Object.keys(ansible.hosts), ...Object.keys(ours.hosts)]);
  for (const host of hosts) compareHost(ansible.hosts[host] ?? [], ours.hosts[host] ?? [], (task) => add(host, task));
  compare('', ansible.recap, ours.recap, add('', 'recap'));
  compare('', ansible.stats, ours.stats, add('', 'stats'));
  compare('', ansible.files, ours.files, add('', 'files'));
  return found;
}

type Tell = (field: string, ansible: unknown, ours: unknown) => void;

function compareHost(ansible: readonly Told[], ours: readonly Told[], tellOf: (task: string) => Tell): void {
  const keyed = (some: readonly Told[]) => {
    const seen = new Map<string, number>();
    return new Map(
      some
        .map(([task, status, result]): Told => [status === 'included' ? 'an include' : task, status, result])
        .map((told) => {
          const nth = (seen.get(told[0]) ?? 0) + 1;
          seen.set(told[0], nth);
          return [nth === 1 ? told[0] : `${told[0]} #${nth}`, told];
        }),
    );
  };
  const [theirs, mine] = [keyed(ansible), keyed(ours)];
  for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
    const [one, other] = [theirs.get(key), mine.get(key)];
    if (one === undefined || other === undefined || one[1] !== other[1])
      tellOf(key)('status', withWords(one), withWords(other));
    else compare('', one[2], other[2], tellOf(key));
  }
  const order = (some: Map<string, Told>, others: Map<string, Told>) =>
    [...some.keys()].filter((key) => others.has(key));
  const [a, b] = [order(theirs, mine), order(mine, theirs)];
  const at = a.findIndex((key, index) => key !== b[index]);
  if (at >= 0) tellOf('order')('', a.slice(at, at + 4), b.slice(at, at + 4));
}

/** A status that is not the same is seldom understood without the message. */
function withWords(told: Told | undefined): string {
  if (told === undefined) return 'nothing';
  const msg = (told[2] as { msg?: unknown } | null)?.msg;
  return typeof msg === 'string' && ['failed', 'ignored'].includes(told[1]) ? `${told[1]}: ${msg}` : told[1];
}

function compare(path: string, ansible: unknown, ours: unknown, tell: Tell): void {
  if (!isObject(ansible) || !isObject(ours) || Array.isArray(ansible) !== Array.isArray(ours)) {
    if (JSON.stringify(ansible) !== JSON.stringify(ours)) tell(path, ansible, ours);
    return;
  }
  for (const key of new Set([...Object.keys(ansible), ...Object.keys(ours)])) {
    const field = path === '' ? key : `${path}.${key}`;
    if (!(key in ansible) && OURS.has(key)) continue;
    if (key === 'changed' && (ansible[key] ?? false) === (ours[key] ?? false)) continue;
    compare(field, ansible[key], ours[key], tell);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** One difference that is known, or several of a kind, with the reason. */
export interface Listed {
  readonly project: string | readonly string[];
  /** One or several tasks; all of them where none is named. */
  readonly task?: string | readonly string[];
  /** A regular expression for the path of the field; any where there is none. */
  readonly field?: string;
  readonly pass?: PassName;
  readonly why: string;
}

function covers({ task, field, pass }: Listed, one: Difference): boolean {
  const name = one.task.replace(/ #\d+$/, '');
  if (task !== undefined && ![task].flat().includes(name)) return false;
  if (field !== undefined && !new RegExp(`^(?:${field})$`).test(one.field)) return false;
  return pass === undefined || pass === one.pass;
}

/** Rows of a project that is not there, or without a reason. */
export function unfounded(rows: readonly Listed[], projects: readonly string[]): readonly Listed[] {
  const isThere = ({ project }: Listed) => [project].flat().every((name) => projects.includes(name));
  return rows.filter((row) => !isThere(row) || row.why.length < 10);
}

/** Differences of a project that no row lists, and rows that list none. */
export function againstList(
  project: string,
  passes: readonly PassName[],
  [theirs, ours]: readonly [Readonly<Record<string, Pass>>, Readonly<Record<string, Pass>>],
  rows: readonly Listed[],
): { readonly unlisted: readonly Difference[]; readonly idle: readonly Listed[] } {
  const all = passes.flatMap((pass) => differencesOf(pass, theirs[pass] as Pass, ours[pass] as Pass));
  const listed = rows.filter((row) => [row.project].flat().includes(project));
  return {
    unlisted: all.filter((one) => !listed.some((row) => covers(row, one))),
    idle: listed.filter((row) => !all.some((one) => covers(row, one))),
  };
}
