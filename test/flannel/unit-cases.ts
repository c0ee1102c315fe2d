import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EnvironmentFile, FlanneldUnit, HostFile } from '../../src/flannel/unit.js';

const ROOT = fileURLToPath(new URL('../cases/units/', import.meta.url));

/** One form of a unit: `case.json`, the host's files below `before/`, and those that change below `after/`. */
export interface UnitCase {
  readonly form: string;
  readonly about: string;
  readonly iface: string;
  readonly expect: 'edit' | 'already' | 'refuse';
  readonly why?: string;
  readonly unit: FlanneldUnit;
  /** Path and text of every file that changes. */
  readonly after: Readonly<Record<string, string>>;
}

interface CaseFile {
  readonly about: string;
  readonly iface: string;
  readonly expect: UnitCase['expect'];
  readonly why?: string;
  readonly name?: string;
  readonly loadState?: string;
  readonly fragment: string;
  readonly program?: string;
  readonly environmentFiles?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  readonly readOnly?: readonly string[];
}

export function unitCases(): UnitCase[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => unitCase(entry.name));
}

function unitCase(form: string): UnitCase {
  const told = JSON.parse(readFileSync(`${ROOT}${form}/case.json`, 'utf8')) as CaseFile;
  const { about, iface, expect, why } = told;
  const after = treeOf(`${ROOT}${form}/after`);
  return {
    form,
    about,
    iface,
    expect,
    ...(why ? { why } : {}),
    unit: unitOf(told, treeOf(`${ROOT}${form}/before`)),
    after,
  };
}

function unitOf(told: CaseFile, files: Readonly<Record<string, string>>): FlanneldUnit {
  const name = told.name ?? 'flanneld.service';
  const file = (path: string): HostFile | undefined =>
    files[path] === undefined ? undefined : hostFile(path, files[path], told);
  const dropIns = Object.keys(files).filter((path) => path.includes(`/${name}.d/`));
  const byName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  return {
    name,
    loadState: told.loadState ?? 'loaded',
    activeState: 'active',
    subState: 'running',
    unitFileState: 'enabled',
    mainPid: 1234,
    needDaemonReload: false,
    fragment: file(told.fragment),
    dropIns: dropIns.sort((a, b) => (byName(a) < byName(b) ? -1 : 1)).flatMap((path) => file(path) ?? []),
    environmentFiles: (told.environmentFiles ?? []).map(
      (one): EnvironmentFile => ({
        path: one.replace(/^-/, ''),
        optional: one.startsWith('-'),
        file: file(one.replace(/^-/, '')),
      }),
    ),
    program: told.program ? file(told.program) : undefined,
  };
}

function hostFile(path: string, text: string, told: CaseFile): HostFile {
  const writable = !told.readOnly?.includes(path);
  return { path, text, mode: '0644', owner: 'root', group: 'root', linksTo: told.links?.[path], writable };
}

function treeOf(folder: string, path = ''): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(found, treeOf(`${folder}/${entry.name}`, below));
    else found[below] = readFileSync(`${folder}/${entry.name}`, 'utf8');
  }
  return found;
}
