import { type Refusal, refusal } from './exec-start.js';
import { baseName } from './flanneld-words.js';
import { fingerprint, hasOnlyIface, type IfaceWord, ifaceWords, isSafeIface } from './iface-removal.js';
import type { Variable } from './marked-text.js';
import { edited, removals, type TextEdit } from './text-edit.js';
import type { FileEdit, FlanneldUnit, HostFile, IfacePlan } from './unit.js';
import { readUnitCommand, type UnitCommand } from './unit-command.js';
import { withoutInnerComments } from './unit-comments.js';
import { fileAt, OWN_DROP_IN, unitFilesOf, withEdits } from './unit-edits.js';
import { parseUnitText } from './unit-text.js';

/**
 * What it takes to have `-iface=IF` on flanneld's command line, as its only choice of an interface, and nothing else
 * changed. An administrator's own file below `/etc/systemd` is edited in place; for any other the command is copied
 * into a drop-in of our own. Every plan is checked by reading the unit again with the edits made, and a plan for the
 * result is `already`.
 * @param iface an interface's name or IPv4 address
 */
export function planIface(unit: FlanneldUnit, iface: string): IfacePlan {
  const unfit = unfitIface(iface) ?? unfitUnit(unit);
  if (unfit) return unfit;
  const read = readUnitCommand(unit);
  if (read.kind === 'refuse') return read;
  const by = hasOnlyIface(read.site, read.environment, iface);
  if (by) return { kind: 'already', why: alreadyBecause(by, iface, read) };
  if (unit.loadState !== 'loaded') {
    return refusal(`systemd cannot load ${unit.name}: ${unit.loadState}`, 'Mend the unit until systemd loads it.');
  }
  const tidy = withoutInnerComments(unit, read.exec);
  const tidied = tidy === unit ? read : readUnitCommand(tidy);
  if (tidied.kind === 'refuse') return tidied;
  const edits = editsFor(unit, tidy, tidied, iface);
  if ('kind' in edits) return edits;
  return checked(unit, read, edits, iface);
}

/** Why an interface name is not put into any file, if it is not. */
export function unfitIface(iface: string): Refusal | undefined {
  if (isSafeIface(iface)) return undefined;
  const why = `${JSON.stringify(iface)} is not the name of an interface that is safe on a command line`;
  return refusal(why, 'Use a name of at most 15 letters, digits, dots, dashes and underscores, or an IPv4 address.');
}

function unfitUnit({ name, loadState, unitFileState, fragment }: FlanneldUnit): Refusal | undefined {
  if (loadState === 'masked' || unitFileState.startsWith('masked') || fragment?.linksTo === '/dev/null') {
    return refusal(`${name} is masked`, `Somebody switched it off on purpose; systemctl unmask ${name} undoes that.`);
  }
  if (!fragment || loadState === 'not-found') {
    return refusal(`${name} has no unit file`, 'Name the file that starts flanneld in the inventory.');
  }
  if (!/^[A-Za-z0-9:_.\\@-]+\.service$/.test(name)) {
    return refusal(`${JSON.stringify(name)} is not the name of a service`, 'Name the unit in the inventory.');
  }
  if (/^\/run\/systemd\/(?:transient|generator)/.test(fragment.path)) {
    return refusal(`${fragment.path} is generated`, 'Name the file that it is generated from in the inventory.');
  }
  return undefined;
}

function alreadyBecause(by: 'flag' | 'environment', iface: string, { exec }: UnitCommand): string {
  if (by === 'environment')
    return `FLANNELD_IFACE=${iface} is the only interface that ${exec.file.path} gives flanneld`;
  return `-iface=${iface} is the only interface on flanneld's command line (${exec.file.path})`;
}

/** The edits of the unit's files, all of them offsets into the tidied texts. */
function editsFor(unit: FlanneldUnit, tidy: FlanneldUnit, read: UnitCommand, iface: string): FileEdit[] | Refusal {
  const { assignment, file } = read.exec;
  const words = ifaceWords(read.site.words, { from: assignment.valueStart, to: assignment.valueEnd });
  if ('kind' in words) return words;
  const draft = new Draft(unit, tidy);
  const problem = draft.takeOut(words, file.path) ?? draft.putIn(read, iface);
  if (problem) return problem;
  return draft.finish(read);
}

/** Collects what happens to which file. */
class Draft {
  readonly #unit: FlanneldUnit;
  readonly #tidy: FlanneldUnit;
  readonly #edits: TextEdit[] = [];
  readonly #ownLines: string[] = [];

  constructor(unit: FlanneldUnit, tidy: FlanneldUnit) {
    this.#unit = unit;
    this.#tidy = tidy;
  }

  /** Takes the interface words out, wherever they are written. */
  takeOut(words: readonly IfaceWord[], commandPath: string): Refusal | undefined {
    const onLine = words.filter((word) => !word.variable);
    if (onLine.some((word) => word.path !== commandPath)) {
      return refusal(`the interface is chosen in ${onLine[0]?.path}`, 'Take it out there by hand.');
    }
    this.#edits.push(...removals(this.#textOf(commandPath), onLine));
    const variables = new Set(words.flatMap((word) => word.variable ?? []));
    for (const variable of variables) {
      const parts = words.filter((word) => word.variable === variable);
      const problem = this.#shorten(variable, parts);
      if (problem) return problem;
    }
    return undefined;
  }

  #shorten(variable: Variable, parts: readonly IfaceWord[]): Refusal | undefined {
    if (variable.origin === 'script')
      return refusal(`${variable.path} chooses the interface`, 'Take it out there by hand.');
    const unitFile = this.#unitFile(variable.path);
    if (variable.origin === 'unit' && unitFile && !isOurs(unitFile)) {
      this.#ownLines.push(`Environment=${shortened(unitFile.text, variable, parts)}`);
      return undefined;
    }
    const problem = variable.origin === 'file' ? this.#unfitFile(variable) : undefined;
    if (!problem) this.#edits.push(...removals(this.#textOf(variable.path), parts));
    return problem;
  }

  #unfitFile({ path, name }: Variable): Refusal | undefined {
    const file = this.#unit.environmentFiles.find((one) => one.path === path || one.file?.path === path)?.file;
    const why = file ? unfitForEditing(file) : 'is not known';
    if (!why) return undefined;
    return refusal(
      `the interface is in ${name} of ${path}, which ${why}`,
      `Take it out of ${name} where ${path} comes from.`,
    );
  }

  /** Puts the interface in, on the command line or into the environment. */
  putIn({ site, exec }: UnitCommand, iface: string): Refusal | undefined {
    const { insert } = site;
    if (insert.kind === 'environment') return this.#putInEnvironment(exec.variables.get('FLANNELD_IFACE'), iface);
    const anchor = insert.kind === 'flag' ? insert.after : insert.before;
    if (anchor.path !== exec.file.path) {
      return refusal(`flanneld is named in ${anchor.path}, not in the unit`, 'Put -iface there by hand.');
    }
    if (insert.kind === 'flag') this.#insert(anchor.path, anchor.end, ` -iface=${iface}`);
    else {
      const bounds = { from: exec.assignment.valueStart, to: exec.assignment.valueEnd };
      const gone = insert.replaces.map(({ path, start, end }) => ({ path, start, end, ...bounds }));
      this.#edits.push(...removals(this.#textOf(anchor.path), gone));
      this.#insert(anchor.path, anchor.start, `-e FLANNELD_IFACE=${iface} `);
    }
    return undefined;
  }

  #insert(path: string, at: number, text: string): void {
    this.#edits.push({ path, start: at, end: at, text });
  }

  #putInEnvironment(now: Variable | undefined, iface: string): Refusal | undefined {
    const unitFile = now?.origin === 'unit' ? this.#unitFile(now.path) : undefined;
    const whole = `FLANNELD_IFACE=${iface}`;
    if (now?.origin === 'file') {
      const problem = this.#unfitFile(now);
      if (problem) return problem;
      this.#edits.push({ path: now.path, start: now.rawStart, end: now.rawEnd, text: iface });
    } else if (now && unitFile && isOurs(unitFile)) {
      this.#edits.push({ path: now.path, start: now.rawStart, end: now.rawEnd, text: whole });
    } else this.#ownLines.push(`Environment=${whole}`);
    return undefined;
  }

  /** The edits by file. A command that is not in a file of the administrator's goes into our drop-in as a whole. */
  finish({ exec }: UnitCommand): FileEdit[] | Refusal {
    const files: FileEdit[] = [];
    for (const path of new Set(this.#edits.map((edit) => edit.path))) {
      const after = edited(
        this.#textOf(path),
        this.#edits.filter((edit) => edit.path === path),
      );
      const unitFile = this.#unitFile(path);
      if (!unitFile || isOurs(unitFile)) files.push({ path, before: this.#originalOf(path), after });
      else if (exec.shared)
        return refusal(`${path} starts several programs and is not ours to edit`, 'Edit a copy by hand.');
      else if (isReadLater(unitFile, this.#tidy)) return undone(path);
      else this.#ownLines.push('ExecStart=', `ExecStart=${commandIn(after, exec.file, exec.assignment.start)}`);
    }
    if (this.#ownLines.length > 0) {
      const problem = this.#addOwnDropIn(files);
      if (problem) return problem;
    }
    return files;
  }

  #addOwnDropIn(files: FileEdit[]): Refusal | undefined {
    const path = `/etc/systemd/system/${this.#unit.name}.d/${OWN_DROP_IN}`;
    const present = this.#unit.dropIns.find((file) => file.path === path);
    const why = present ? unfitForEditing(present) : undefined;
    if (why) return refusal(`${path} ${why}`, `Make ${path} a plain, writable file.`);
    const at = files.findIndex((edit) => edit.path === path);
    const text = files[at]?.after ?? present?.text;
    const lines = `[Service]\n${this.#ownLines.map((line) => `${line}\n`).join('')}`;
    const gap = text === undefined || text === '' || text.endsWith('\n') ? '' : '\n';
    const after = text === undefined ? HEADER + lines : text + gap + lines;
    files.splice(at < 0 ? files.length : at, at < 0 ? 0 : 1, { path, before: present?.text, after });
    return undefined;
  }

  #unitFile(path: string): HostFile | undefined {
    return unitFilesOf(this.#tidy).find((file) => file.path === path);
  }

  #textOf(path: string): string {
    return fileAt(this.#tidy, path)?.text ?? '';
  }

  #originalOf(path: string): string | undefined {
    return fileAt(this.#unit, path)?.text;
  }
}

const HEADER = "# Written by fix-flannel: the interface that flanneld takes. The rest is the unit's own.\n";

/** Whether a unit file may be edited where it stands: an administrator's plain file. */
function isOurs(file: HostFile): boolean {
  return /^\/etc\/systemd\//.test(file.path) && unfitForEditing(file) === undefined;
}

/** Why a file is not edited where it stands, if it is not. */
export function unfitForEditing({ path, text, linksTo, writable }: HostFile): string | undefined {
  if (linksTo !== undefined) return `is a symbolic link to ${linksTo}`;
  if (!writable) return 'is on a read-only file system';
  if (/^\/(?:var\/)?run\//.test(path)) return 'is generated anew at every start';
  if (/^\/(?:usr(?!\/local\/)|lib|lib64)\//.test(path)) return 'belongs to a package';
  return text.includes('\ufffd') ? 'is not UTF-8 text' : undefined;
}

/** Whether a drop-in is read after ours, so that ours would be undone. */
function isReadLater(file: HostFile, { dropIns }: FlanneldUnit): boolean {
  return dropIns.includes(file) && baseName(file.path) > OWN_DROP_IN;
}

function undone(path: string): Refusal {
  const why = `${path} sets ExecStart, cannot be edited and is read after any drop-in of ours`;
  return refusal(why, `Put a file of the same name below /etc/systemd/system in its place.`);
}

/** A variable of the unit as it is written, without some of its words. */
function shortened(text: string, { rawStart, rawEnd }: Variable, parts: readonly IfaceWord[]): string {
  const edits = removals(text, parts).map((edit) => ({
    ...edit,
    start: edit.start - rawStart,
    end: edit.end - rawStart,
  }));
  return edited(text.slice(rawStart, rawEnd), edits).replaceAll('\r\n', '\n');
}

/** The command as it is written in its file, line ends made plain. */
function commandIn(text: string, file: HostFile, start: number): string {
  const assignment = parseUnitText(text, file.path).assignments.find((one) => one.start === start);
  return text.slice(assignment?.valueStart ?? 0, assignment?.valueEnd ?? 0).replaceAll('\r\n', '\n');
}

/** The plan, if the unit with its edits made differs from the unit only by the interface. */
function checked(unit: FlanneldUnit, before: UnitCommand, edits: readonly FileEdit[], iface: string): IfacePlan {
  const spoilt = edits.find((edit) => `${edit.before ?? ''}${edit.after}`.includes('\ufffd'));
  if (spoilt) return refusal(`${spoilt.path} is not UTF-8 text`, 'Put -iface on flanneld there by hand.');
  const after = readUnitCommand(withEdits(unit, edits));
  const why = after.kind === 'refuse' ? after.why : differs(before, after, iface);
  if (why) {
    const said = `${before.exec.file.path} is written in a form that cannot be changed safely: ${why}`;
    return refusal(said, 'Put -iface on flanneld there by hand.');
  }
  const paths = edits.map((edit) => edit.path).join(', ');
  return { kind: 'edit', why: `flanneld gets -iface=${iface} by ${paths}`, edits };
}

function differs(before: UnitCommand, after: UnitCommand, iface: string): string | undefined {
  if (!hasOnlyIface(after.site, after.environment, iface)) return 'flanneld would not see the interface';
  if (fingerprint(before.site) !== fingerprint(after.site)) return 'other words would change with it';
  const rest = ({ environment }: UnitCommand) =>
    JSON.stringify({ ...environment, FLANNELD_IFACE: '' }, sortedKeys(environment));
  return rest(before) === rest(after) ? undefined : 'other variables would change with it';
}

function sortedKeys(environment: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(environment), 'FLANNELD_IFACE'])].sort();
}
