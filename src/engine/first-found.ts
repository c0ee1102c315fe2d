import { FixError } from '../core/error.js';
import { plainValue, refuseOptions } from '../template/index.js';

type Options = Readonly<Record<string, unknown>>;

/**
 * `first_found`: the first of some files that there is. A term is a name, or a dict with `files`, `paths` and `skip`.
 * @param find where a name is, if it is
 * @throws FixError `file/missing` where none is there and `skip` is not set
 */
export function firstFound(
  terms: readonly unknown[],
  options: Options,
  find: (name: string) => string | undefined,
): readonly string[] {
  const { names, skip } = namesOf(terms, options);
  for (const name of names) {
    const path = find(name);
    if (path !== undefined) return [path];
  }
  if (skip) return [];
  throw new FixError('file/missing', 'none of the files of first_found is there', {
    hint: `Looked for ${names.slice(0, 20).join(', ')}. With skip: true there may be none.`,
  });
}

function namesOf(terms: readonly unknown[], options: Options): { names: string[]; skip: boolean } {
  let names: string[] = [];
  let skip = false;
  const plainOptions = plainValue(options) as Options;
  for (const term of terms) {
    if (Array.isArray(term)) {
      const inner = namesOf(term, options);
      names.push(...inner.names);
      skip = inner.skip;
      continue;
    }
    const dict = plainValue(term);
    const own = isRecord(dict) ? dict : plainOptions;
    refuseOptions('first_found', own, ['files', 'paths', 'skip']);
    skip = own.skip === true || ['yes', 'true', 'on', '1'].includes(String(own.skip).toLowerCase());
    const files = cut(own.files, /[,;]/);
    const paths = cut(own.paths, /[,:;]/);
    if (paths.length > 0) names.push(...paths.flatMap((path) => files.map((file) => joined(path, file))));
    // As in Ansible, a term with files and without paths takes the place of those before it.
    else if (files.length > 0) names = files;
    else names.push(String(term));
  }
  return { names, skip };
}

function cut(value: unknown, at: RegExp): string[] {
  if (value === undefined || value === null) return [];
  return [value].flat().flatMap((one) => String(one).split(at));
}

function joined(path: string, file: string): string {
  return file.startsWith('/') || path === '' ? file : `${path.replace(/\/$/, '')}/${file}`;
}

function isRecord(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
