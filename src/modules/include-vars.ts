import { z } from 'zod';
import { FixError } from '../core/error.js';
import { matchInTime, SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { defineModule, type Fields, fail, type Outcome, type TaskContext, unchanged } from '../core/module.js';
import { printableLine } from '../core/text.js';
import { bool, int, list, text } from './arguments.js';
import { pythonRegExp } from './python-regexp.js';

const OF_FOLDERS = ['depth', 'files_matching', 'ignore_files', 'extensions', 'ignore_unknown_extensions'] as const;

const Args = z.preprocess(
  (given) => withoutEmptyFile(given),
  z
    .strictObject({
      file: text.optional(),
      dir: text.optional(),
      name: text.optional(),
      depth: int.optional(),
      files_matching: text.optional(),
      ignore_files: z
        .preprocess((value) => (typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : value), z.array(text))
        .optional(),
      extensions: list.optional(),
      ignore_unknown_extensions: bool.optional(),
    })
    .refine((args) => args.file === undefined || [args.dir, ...OF_FOLDERS.map((name) => args[name])].every(isUnset), {
      message: 'You are mixing file only and dir only arguments, these are incompatible',
    })
    .refine((args) => args.file !== undefined || args.dir !== undefined, 'one of file and dir is needed'),
);

type IncludeVarsArguments = z.infer<typeof Args>;

/** Variables from files of the controller. */
export const includeVars = defineModule<IncludeVarsArguments>({
  name: 'include_vars',
  about: 'Gives the host the variables of a YAML or JSON file, or of all files in a folder',
  example: `- name: what differs by system
  include_vars:
    file: "{{ ansible_facts.os_family | default('Debian') }}.yml"`,
  args: Args,
  freeForm: 'file',
  inline: ['file', 'dir', 'name', ...OF_FOLDERS],
  plan(args, _, task) {
    const loaded = new Loaded(task);
    const trouble = args.file === undefined ? fromFolder(args, args.dir ?? '', loaded) : fromFile(args.file, loaded);
    const files = { ansible_included_var_files: loaded.files };
    if (trouble !== undefined) return failed(trouble, files);
    const included = args.name === undefined ? loaded.vars : { [args.name]: loaded.vars };
    return unchanged(`${loaded.files.length} read`, { included, result: { ansible_facts: included, ...files } });
  },
});

/** What was read so far. */
class Loaded {
  readonly files: string[] = [];
  readonly vars: Record<string, unknown> = {};

  constructor(readonly task: TaskContext) {}

  /** @returns what is wrong with the file */
  take(file: string, shown: string): string | undefined {
    const content = this.task.readFile(file, 'vars').toString('utf8');
    const vars = content.trim() === '' ? {} : this.task.readYaml(content, shown);
    if (vars && (typeof vars !== 'object' || (Array.isArray(vars) && vars.length > 0))) {
      return `${shown} must be stored as a dictionary/hash`;
    }
    this.files.push(shown);
    Object.assign(this.vars, vars);
    return undefined;
  }
}

function fromFile(file: string, loaded: Loaded): string | undefined {
  try {
    return loaded.take(file, loaded.task.findPath(file, 'vars') ?? file);
  } catch (error) {
    if (!(error instanceof FixError) || error.code !== 'file/missing') throw error;
    return `Could not find or access '${printableLine(file)}'. ${error.hint}`;
  }
}

function fromFolder(args: IncludeVarsArguments, dir: string, loaded: Loaded): string | undefined {
  const names = loaded.task.listFolder(dir, 'vars');
  const root = loaded.task.findPath(dir, 'vars') ?? dir;
  if (!names) return `${root} ${root === dir ? 'directory does not exist' : 'is not a directory'}`;
  try {
    const isWanted = fileFilter(args);
    for (const name of inDepth(names, args.depth ?? 0)) {
      if (!isWanted(name.slice(name.lastIndexOf('/') + 1))) continue;
      const extensions = args.extensions ?? ['yaml', 'yml', 'json'];
      const path = `${root.replace(/\/+$/, '')}/${name}`;
      if (!hasExtension(name, extensions)) {
        if (args.ignore_unknown_extensions) continue;
        return `${path} does not have a valid extension: ${extensions.join(', ')}`;
      }
      const trouble = loaded.take(path, path);
      if (trouble !== undefined) return trouble;
    }
  } catch (error) {
    if (error instanceof SlowPattern) return `${error.message}. ${SLOW_PATTERN_HINT}`;
    if (!(error instanceof SyntaxError)) throw error;
    return `Invalid regular expression: ${printableLine(error.message)}`;
  }
  return undefined;
}

/**
 * The files, folder by folder in the order of their paths. As with Ansible the depth is how many folders are looked
 * into, the first one counted; 0 is all of them.
 */
function inDepth(names: readonly string[], depth: number): string[] {
  const folders = ['', ...names.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))].sort();
  const chosen = depth > 0 ? folders.slice(0, depth) : folders;
  const files = names.filter((name) => !name.endsWith('/'));
  return chosen.flatMap((folder) =>
    files.filter((name) => name.slice(0, Math.max(0, name.lastIndexOf('/'))) === folder),
  );
}

function fileFilter({ files_matching, ignore_files = [] }: IncludeVarsArguments): (name: string) => boolean {
  const matching = files_matching === undefined ? undefined : pythonRegExp(files_matching);
  const ignored = ignore_files.map((pattern) => pythonRegExp(`${pattern}$`));
  const matches = (regex: RegExp, name: string) => matchInTime(regex, name.length, () => regex.test(name));
  return (name) => (!matching || matches(matching, name)) && !ignored.some((regex) => matches(regex, name));
}

/** The part after the last dot; the dot of a hidden file begins none. */
function hasExtension(path: string, extensions: readonly string[]): boolean {
  const found = /(?<=[^./][^/]*)\.([^./]*)$/.exec(path);
  return extensions.includes(found?.[1] ?? '');
}

/** Ansible tells it as `message`. */
function failed(why: string, fields: Fields): Outcome {
  return fail(why, { result: { message: why, ansible_facts: {}, ...fields } });
}

function isUnset(value: unknown): boolean {
  return value === undefined;
}

/** Free-form text of which nothing is left names no file. */
function withoutEmptyFile(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const { file, ...rest } = given as Record<string, unknown>;
  return file === '' || file === undefined ? rest : given;
}
