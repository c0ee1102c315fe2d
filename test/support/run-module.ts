import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { FixError } from '../../src/core/error.js';
import type { Action, ActionOutput, Fields, Module, Outcome, TaskContext } from '../../src/core/module.js';
import { readYaml } from '../../src/core/read-yaml.js';
import { sh } from '../../src/core/script.js';
import { writeFileScript } from '../../src/core/write-file.js';
import { type AnyModule, findModule } from '../../src/modules/index.js';
import { type LocalRun, readLocally, runLocally } from './local-shell.js';

export interface ModuleRun extends LocalRun {
  readonly check?: boolean;
  readonly vars?: Fields;
  /** The controller's files, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What became of jobs, by id. */
  readonly jobs?: Readonly<Record<string, Fields>>;
  readonly render?: (text: string) => string;
}

export interface Ran {
  readonly outcome: Outcome;
  /** The task's result, as `register` would have it. */
  readonly result: Fields;
  readonly changed: boolean;
  readonly failed: boolean;
}

/**
 * Runs a task on this machine as the engine does on a host: reads what the module needs, plans, acts.
 * @throws ZodError on arguments that the module does not take
 */
export function runModule(name: string, given: unknown, how: ModuleRun = {}): Ran {
  const module = findModule(name);
  if (!module || !isHostModule(module)) throw new Error(`there is no module ${name} for one host`);
  const outcome = planLocally(module, given, how);
  if (outcome.kind === 'refuse') {
    return { outcome, result: { msg: outcome.why, ...outcome.result }, changed: false, failed: true };
  }
  if (outcome.kind !== 'change' || how.check) {
    const result = { changed: outcome.kind === 'change', ...outcome.result };
    return { outcome, result, changed: result.changed, failed: false };
  }
  return acted(outcome, how);
}

/** Whether a module plans for one host by itself, not for the cluster. */
export function isHostModule(module: AnyModule): module is Module {
  return !('fleet' in module);
}

/** What a module plans here, nothing done. */
export function planLocally(module: Module, given: unknown, how: ModuleRun = {}): Outcome {
  const args = module.args.parse(given);
  const task = taskContext(how);
  return module.plan(args, readLocally(module.needs?.(args, task) ?? {}, how), task);
}

export function taskContext({
  check = false,
  vars = {},
  files = {},
  jobs = {},
  render = (text) => text,
}: ModuleRun = {}): TaskContext {
  return {
    host: 'here',
    check,
    vars,
    render,
    diff: true,
    findPath: (path) => (path in files || (isAbsolute(path) && existsSync(path)) ? path : undefined),
    listFolder: (path) => {
      const names = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      return names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1));
    },
    localFile: (path) => (existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined),
    localMode: (path) => (existsSync(path) ? statSync(path).mode & 0o7777 : undefined),
    readYaml: (text, file) => readYaml(text, file).value,
    job: (id) => jobs[id],
    readFile(path) {
      const content = files[path];
      if (content === undefined) {
        throw new FixError('file/missing', `no file ${path}`, { hint: 'Looked at nothing.' });
      }
      return Buffer.from(content, 'latin1');
    },
  };
}

function acted(outcome: Extract<Outcome, { kind: 'change' }>, how: ModuleRun): Ran {
  const outputs: ActionOutput[] = [];
  for (const action of outcome.actions) {
    const output = apply(action, how);
    outputs.push(output);
    if (output.status !== 0 && !(action.kind === 'run' && action.mayFail)) {
      const own = action.kind === 'run' ? action.failure?.(output) : undefined;
      const result = { failed: true, changed: false, msg: output.stderr.trim(), ...own };
      return { outcome, result, changed: false, failed: true };
    }
  }
  const result: Fields = { changed: true, failed: false, ...outcome.result, ...outcome.conclude?.(outputs) };
  return { outcome, result, changed: result.changed === true, failed: result.failed === true };
}

function apply(action: Action, how: ModuleRun): ActionOutput {
  if (action.kind === 'save') {
    mkdirSync(dirname(action.path), { recursive: true });
    writeFileSync(action.path, action.content);
  }
  if (action.kind === 'wait' || action.kind === 'save' || action.kind === 'reconnect')
    return { stdout: '', stderr: '', status: 0 };
  const script =
    action.kind === 'run'
      ? action.script
      : action.kind === 'write'
        ? writeFileScript(action, 'testnonce')
        : sh`rm -f -- ${action.path}`;
  const { stdout, stderr, status } = runLocally(script, how);
  return { stdout: stdout.toString('utf8'), stderr, status };
}
