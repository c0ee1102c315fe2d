import type { HostRecord } from './host-records.js';
import { recordText } from './host-records.js';

/** A link or folder on the host; `target` is what a link leads to. */
export interface Listed {
  readonly path: string;
  readonly target: string | undefined;
}

/** What a host told for `setup`, taken apart. */
export interface SetupSource {
  /** A file's text without space around it; undefined where it is not there, empty, or may not be read. */
  file(path: string): string | undefined;
  /** Its lines, none where there is no file. */
  lines(path: string): readonly string[];
  /** The paths of files that were read, in order. */
  readonly files: readonly string[];
  readonly links: readonly Listed[];
  /** Whether a path is there, of those that were asked about. */
  has(path: string): boolean;
  /** What a command printed, without the line ends at its end; undefined where it was not run or said nothing. */
  said(name: string): string | undefined;
  readonly records: readonly HostRecord[];
}

export function setupSource(records: readonly HostRecord[]): SetupSource {
  const said = new Map(records.map((record) => [record.name, recordText(record)]));
  const files = filesOf(said.get('files') ?? '');
  const paths = new Set((said.get('paths') ?? '').split(' '));
  return {
    file: (path) => files.get(path)?.join('\n').trim() || undefined,
    lines: (path) => (files.get(path) ?? []).map((line) => line.trimEnd()),
    files: [...files.keys()],
    links: (said.get('links') ?? '').split('\n').flatMap(listed),
    has: (path) => paths.has(path),
    said: (name) => said.get(name) || undefined,
    records,
  };
}

/** `PATH:LINE`, for each line of each file. */
function filesOf(text: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, path, rest] = /^(\/[^:]*):(.*)$/s.exec(line) ?? [];
    if (path === undefined || rest === undefined) continue;
    const lines = files.get(path);
    if (lines === undefined) files.set(path, [rest]);
    else lines.push(rest);
  }
  return files;
}

function listed(line: string): Listed[] {
  const [, path, target] = /\s(\/.*?)(?: -> (.*))?$/.exec(line) ?? [];
  return path === undefined ? [] : [{ path, target }];
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.replace(/\/+$/, '').lastIndexOf('/') + 1).replace(/\/+$/, '');
}

/** `KEY=value` lines as in os-release, values without their quotes. */
export function assignments(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, unquoted(value.trim())]];
    }),
  );
}

function unquoted(value: string): string {
  const [, inside] = /^"(.*)"$/.exec(value) ?? /^'(.*)'$/.exec(value) ?? [];
  return (inside ?? value).replace(/\\([$"'\\`])/g, '$1');
}
