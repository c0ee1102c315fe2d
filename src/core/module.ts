import type { z } from 'zod';
import type { Asks, Readings } from './fact.js';
import type { Footprint } from './footprint.js';
import type { Script } from './script.js';

/** The fields of a task's result, as `register` sees them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A text before and after, for `--diff`. */
export interface TextDiff {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** One thing that is done to a host. A new kind is a compile error in `engine/apply.ts` until it is handled. */
export type Action =
  | {
      readonly kind: 'run';
      readonly script: Script;
      readonly timeoutMs?: number;
      readonly mayFail?: boolean;
      /** The fields of the result where it ends with another status than 0; without it what was planned, and a message. */
      failure?(output: ActionOutput): Fields;
      /** What it touches; without it nobody knows, and an undo says so. */
      readonly touches?: Partial<Footprint>;
      /** Over a connection opened for it alone, which proves that the host can still be reached. */
      readonly newConnection?: boolean;
      /** Of a program without systemd: the command that brings it back into force after its files were put back. */
      readonly restart?: string;
    }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly content: Uint8Array;
      /** Octal text, `0644`; without it the file's own, or 0644 for a new one. */
      readonly mode?: string;
      readonly owner?: string;
      readonly group?: string;
      /** Keep what stands there now under this path first, if something does. */
      readonly backup?: string;
      /** Make the folder it stands in, where that is missing. */
      readonly makeFolder?: boolean;
    }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'wait'; readonly seconds: number }
  /** Writes a file on the controller, and the folders above it. Nothing on the host is touched. */
  | { readonly kind: 'save'; readonly path: string; readonly content: Uint8Array }
  | Reconnect;

/**
 * Waits until the host can be reached over a new connection and a script succeeds there; all connections to the host
 * that were open are given up. Its output is that script's.
 */
export interface Reconnect {
  readonly kind: 'reconnect';
  readonly script: Script;
  /** Before the first try. */
  readonly delaySeconds: number;
  /** For one try. */
  readonly trySeconds: number;
  /** Between tries. */
  readonly sleepSeconds: number;
  /** For all of it; then the action fails, and the host is not reachable. */
  readonly withinSeconds: number;
}

/** What an action gave back: a script's output, nothing for the others. */
export interface ActionOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  /** When a script or a pause was begun, and had ended, by the controller's clock in milliseconds since 1970. */
  readonly beganMs?: number;
  readonly endedMs?: number;
}

/** What a module makes of its arguments and of what stands on the host. */
export type Outcome =
  | {
      readonly kind: 'change';
      readonly why: string;
      readonly diff?: readonly TextDiff[];
      readonly actions: readonly Action[];
      /** Fields known before it is done; check mode reports these. */
      readonly result?: Fields;
      /** Fields known once it is done; `failed: true` among them fails the task, `changed: false` unsays the change. */
      conclude?(outputs: readonly ActionOutput[]): Fields;
      /** What the run knows from here on. */
      readonly facts?: Fields;
    }
  | ({ readonly kind: 'unchanged'; readonly why: string; readonly result?: Fields } & Learned)
  /** It cannot be done, or not safely; nothing was touched. */
  | { readonly kind: 'refuse'; readonly why: string; readonly hint?: string; readonly result?: Fields }
  /** What the task is there to find: the host is not as it has to be (`assert`, `fail`, a proof). */
  | { readonly kind: 'fail'; readonly why: string; readonly hint?: string; readonly result?: Fields }
  | { readonly kind: 'skip'; readonly why: string; readonly result?: Fields };

/** What a task tells the run, without anything being changed on a host. */
export interface Learned {
  /** Variables that the host has from here on (`set_fact`). */
  readonly facts?: Fields;
  /** What was found out about the host (`setup`): `ansible_facts`, and variables of their own with `ansible_` before. */
  readonly gathered?: Fields;
  /** Variables from files, which `facts` win over (`include_vars`). */
  readonly included?: Fields;
  /** Groups that the host joins (`group_by`). */
  readonly groups?: readonly string[];
  /** Groups that these groups become children of. */
  readonly parents?: readonly string[];
  /** A host that joins the inventory for the rest of the run (`add_host`). */
  readonly newHost?: NewHost;
  /** Numbers and texts for the end of the run (`set_stats`). */
  readonly stats?: { readonly data: Fields; readonly perHost: boolean; readonly aggregate: boolean };
  /**
   * It stands though nothing was done: Ansible counts it as changed. What joins hosts or groups counts only where
   * something joined.
   */
  readonly counts?: 'changed';
}

/** A host that a task adds to the inventory. */
export interface NewHost {
  readonly name: string;
  readonly groups: readonly string[];
  readonly vars: Fields;
}

export function change(why: string, more: Omit<Extract<Outcome, { kind: 'change' }>, 'kind' | 'why'>): Outcome {
  return { kind: 'change', why, ...more };
}
export function unchanged(why: string, more: { result?: Fields } & Learned = {}): Outcome {
  return { kind: 'unchanged', why, ...more };
}
export function refuse(why: string, more: { hint?: string; result?: Fields } = {}): Outcome {
  return { kind: 'refuse', why, ...more };
}
export function fail(why: string, more: { hint?: string; result?: Fields } = {}): Outcome {
  return { kind: 'fail', why, ...more };
}
export function skip(why: string, result?: Fields): Outcome {
  return { kind: 'skip', why, ...(result ? { result } : {}) };
}
export function run(script: Script, more: Omit<Extract<Action, { kind: 'run' }>, 'kind' | 'script'> = {}): Action {
  return { kind: 'run', script, ...more };
}

/** What a module may know of the task it plans, besides its arguments. All of it read-only. */
export interface TaskContext {
  /** The inventory's name for the host. */
  readonly host: string;
  /** Check mode: what is planned will not be done. */
  readonly check: boolean;
  /** The host's variables, rendered when read. */
  readonly vars: Fields;
  /** Whether `--diff` or the task asks for differences. */
  readonly diff: boolean;
  /**
   * A file on the controller, looked for in the role, beside the task's file and beside the playbook, in each of these
   * in a folder of that name (`files/`) first; opened, where it is encrypted.
   * @throws FixError `file/missing`, which names the places
   */
  readFile(path: string, folder: FilesFolder): Buffer;
  /**
   * All files and folders below a folder on the controller, looked for in the same places: paths relative to it, in
   * order, folders with a `/` at their end. Undefined where there is no such folder.
   */
  listFolder(path: string, folder: FilesFolder): readonly string[] | undefined;
  /** Where that file or folder stands on the controller; undefined where it does not. */
  findPath(path: string, folder: FilesFolder): string | undefined;
  /** What stands at a path of the controller, as it is; undefined for nothing, and for what is no file. */
  localFile(path: string): Buffer | undefined;
  /** The permission bits of a file of the controller, found by `findPath`. */
  localMode(path: string): number | undefined;
  /** YAML from a file, named in errors; values that are encrypted in it are opened when they are used. */
  readYaml(text: string, file: string): unknown;
  /** What became of a job that was started with `async`: the fields of its result, with `finished` 0 or 1. */
  job(id: string): Fields | undefined;
  /** Jinja2 text rendered with the host's variables. */
  render(text: string, how?: RenderOptions): string;
}

/** How a template file is read, where that is not as usual. */
export interface RenderOptions {
  /** Its name in the task, and where it is to be put: what `template_path` and its like say. */
  readonly name?: string;
  readonly path?: string | undefined;
  readonly destination?: string;
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  /** `{{` and its like, where the file's own language uses them. */
  readonly marks?: {
    readonly printBegin?: string;
    readonly printEnd?: string;
    readonly tagBegin?: string;
    readonly tagEnd?: string;
    readonly commentBegin?: string;
    readonly commentEnd?: string;
  };
}

export type FilesFolder = 'files' | 'templates' | 'vars' | 'tasks';

/** A task module: it plans and never acts, so that the same inputs give the same outcome. */
export interface Module<Args = unknown, Needs extends Asks = Asks> {
  readonly name: string;
  /** One line for the reference. */
  readonly about: string;
  /** A task as an operator would write it (YAML), for the reference; a test runs it. */
  readonly example: string;
  readonly args: z.ZodType<Args>;
  /** The argument that free-form text fills: `command: uptime`. */
  readonly freeForm?: string;
  /** The names of its arguments may be templates: they are variables' names. */
  readonly namesVariables?: boolean;
  /** Arguments that may stand in free-form text as `name=value`; those of `command` where none are given. */
  readonly inline?: readonly string[];
  /** It works on the run, not on a host: the first host does it for all (`add_host`). */
  readonly once?: true;
  /** What it has to know of the host, read in one exchange. */
  needs?(args: Args, task: TaskContext): Needs;
  plan(args: Args, readings: Readings<Needs>, task: TaskContext): Outcome;
}

export function defineModule<Args, Needs extends Asks = Record<never, never>>(
  module: Module<Args, Needs>,
): Module<Args, Needs> {
  return module;
}
