import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { isMissing } from '../core/error-code.js';
import { printableLine } from '../core/text.js';
import { badLine, type ConfigLine, parseSshConfig } from './ssh-config-line.js';
import { matchesPattern } from './wildcard.js';

/** A line, and for an `Include` the lines of the files that it names. */
export interface ConfigItem {
  readonly line: ConfigLine;
  readonly included?: readonly (readonly ConfigItem[])[] | undefined;
}

export type ConfigFile = readonly ConfigItem[];

/** Where configuration files are read. */
export interface ConfigFolders {
  /** What `~` stands for; relative includes of a user's file are taken from its `.ssh`. */
  readonly home: string;
  env(name: string): string | undefined;
}

export interface ConfigSource {
  readonly file: string;
  /** A system's file takes relative includes from its own folder. */
  readonly kind: 'user' | 'system';
  /** A file that has to be there; else one that is not is empty. */
  readonly required?: boolean | undefined;
}

const MAX_DEPTH = 16;
const MAX_FILES = 1000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a configuration file with all that it includes. No command in it is ever run.
 *
 * @throws FixError `ssh/config` for a line that cannot be right, includes that go round in a circle or are too many,
 *   a file that others may write or is over 4 MiB with its includes; `file/missing` for one that is required and not
 *   there, or cannot be read
 * @see OpenSSH 9.2 `readconf.c`, `read_config_file_depth`
 */
export function readSshConfig(source: ConfigSource, folders: ConfigFolders): ConfigFile {
  const budget = { files: 0, bytes: 0 };

  function read(file: string, above: readonly string[], required: boolean): ConfigItem[] {
    const text = textOf(file, required);
    if (text === undefined) return [];
    budget.files += 1;
    budget.bytes += text.length;
    if (budget.files > MAX_FILES || budget.bytes > MAX_BYTES) {
      throw configError(file, 'the ssh configuration is too large with all that it includes', 'Include less.');
    }
    return parseSshConfig(text, file).map((line) => {
      if (line.keyword !== 'include') return { line };
      return { line, included: filesOf(line).map((one) => readIncluded(one, line, [...above, file])) };
    });
  }

  function readIncluded(file: string, line: ConfigLine, above: readonly string[]): ConfigItem[] {
    if (above.includes(file)) throw badLine(line, `it includes ${file}, which includes it in turn`);
    if (above.length >= MAX_DEPTH) throw badLine(line, `files include each other more than ${MAX_DEPTH} deep`);
    return read(file, above, false);
  }

  function filesOf(line: ConfigLine): string[] {
    const base = source.kind === 'user' ? join(folders.home, '.ssh') : dirname(source.file);
    return line.words.flatMap((word) => {
      const path = word
        .replace(/^~(?=\/|$)/, folders.home)
        .replace(/\$\{(\w+)\}/g, (_, name: string) => folders.env(name) ?? '');
      return globbed(isAbsolute(path) ? path : join(base, path), line);
    });
  }
  return read(source.file, [], source.required === true);
}

function textOf(file: string, required: boolean): string | undefined {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw new Error('it is a folder');
    if (stat.isFile() && !required) refuseIfOpen(file, stat);
    if (stat.size > MAX_BYTES) throw configError(file, 'the ssh configuration is over 4 MiB', 'Name another file.');
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof FixError) throw error;
    const missing = isMissing(error);
    if (missing && !required) return undefined;
    const why = missing ? 'there is no such file' : messageOf(error);
    throw new FixError('file/missing', `cannot read the ssh configuration ${printableLine(file)}: ${why}`, {
      hint: 'Check the path and its permissions; --ssh-config none reads no file.',
      at: file,
      cause: error,
    });
  }
}

/** Whoever may write it decides where connections go. As in ssh, a file that was named on purpose is trusted. */
function refuseIfOpen(file: string, { uid, mode }: { uid: number; mode: number }): void {
  const self = process.getuid?.();
  if (self === undefined) return;
  const foreign = uid !== 0 && uid !== self;
  if (!foreign && (mode & 0o022) === 0) return;
  const why = foreign ? 'it belongs to another user' : 'others may write it';
  throw configError(file, `the ssh configuration is not to be trusted: ${why}`, `Run \`chmod go-w ${file}\`.`);
}

function configError(file: string, what: string, hint: string): FixError {
  return new FixError('ssh/config', `${printableLine(file)}: ${what}`, { hint, at: file });
}

/** The files that a path with `*`, `?` and `[...]` names, sorted; a path without is itself. */
function globbed(path: string, line: ConfigLine): string[] {
  let paths = ['/'];
  for (const part of path.split('/').filter((name) => name !== '')) {
    paths = /[*?[]/.test(part)
      ? paths.flatMap((folder) => namesIn(folder, part).map((name) => join(folder, name)))
      : paths.map((folder) => join(folder, part));
    if (paths.length > MAX_FILES) throw badLine(line, `it includes more than ${MAX_FILES} files`);
  }
  return paths;
}

function namesIn(folder: string, pattern: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith('.') === pattern.startsWith('.'));
    return names.filter((name) => matchesPattern(pattern, name, 'classes')).sort();
  } catch {
    return [];
  }
}
