import { type Refusal, refusal } from './exec-start.js';
import { flagsOf, IFACE_FLAGS, withoutIfaceFlags } from './flanneld-flags.js';
import { type FlanneldSite, shellTextSite } from './flanneld-site.js';
import { isFlanneld } from './flanneld-words.js';
import { fingerprint, hasOnlyIface, ifaceWords } from './iface-removal.js';
import { type CommandWord, type MarkedText, markedSlice, sliceOf, spanOf } from './marked-text.js';
import { type ShellCommand, type ShellWord, shellCommands } from './shell-words.js';
import { edited, removals, type TextEdit } from './text-edit.js';
import type { HostFile, IfacePlan } from './unit.js';
import { unfitForEditing, unfitIface } from './unit-iface.js';

const BY_HAND = 'Put -iface on flanneld there by hand, or name the file in which its options are.';

/**
 * The same as `planIface` for a host without systemd, where the operator names the file that decides how flanneld is
 * started: a defaults file (`DAEMON_ARGS="..."`, `FLANNELD_IFACE=`), an init or Upstart script, a supervisor program.
 * @param file the named file; it is edited where it stands
 * @param iface an interface's name or IPv4 address
 */
export function planIfaceInFile(file: HostFile, iface: string): IfacePlan {
  const unfit = unfitIface(iface) ?? unfitFile(file);
  if (unfit) return unfit;
  const read = readFile(file);
  if (read.kind === 'refuse') return read;
  if (read.has(iface)) return { kind: 'already', why: `${file.path} gives flanneld ${iface} as its only interface` };
  const edits = read.edits(iface);
  if ('kind' in edits) return edits;
  const after = { ...file, text: edited(file.text, edits) };
  const again = readFile(after);
  const same = again.kind === 'read' && again.has(iface) && again.print === read.print;
  const other = same ? anotherIface(after.text, iface) : undefined;
  if (other) return refusal(`${file.path} also chooses an interface elsewhere: ${other}`, BY_HAND);
  if (!same) return refusal(`${file.path} is written in a form that cannot be changed safely`, BY_HAND);
  const why = `flanneld gets the interface ${iface} by ${file.path}`;
  return { kind: 'edit', why, edits: [{ path: file.path, before: file.text, after: after.text }] };
}

function unfitFile(file: HostFile): Refusal | undefined {
  const why = unfitForEditing(file);
  if (!why) return undefined;
  const hint = file.linksTo === undefined ? BY_HAND : `Name ${file.linksTo} instead.`;
  return refusal(`${file.path} ${why}`, hint);
}

/** The place in a file where flanneld's interface is decided. */
interface Place {
  readonly kind: 'read';
  /** What may not change. */
  readonly print: string;
  has(iface: string): boolean;
  edits(iface: string): TextEdit[] | Refusal;
}

function readFile(file: HostFile): Place | Refusal {
  const started = isSupervisor(file.text) ? inSupervisor(file) : inShellText(file, markedSlice(file.path, file.text));
  if (started) return started;
  return inVariables(file);
}

function isSupervisor(text: string): boolean {
  return /^\[(?:program|fcgi-program|eventlistener):[^\]\n]*\]/m.test(text);
}

/** Supervisor's `command=`; undefined where none starts flanneld. */
function inSupervisor(file: HostFile): Place | Refusal | undefined {
  const places: Place[] = [];
  for (const match of file.text.matchAll(/^command[ \t]*[=:][ \t]*(.*?)[ \t\r]*$/gm)) {
    const start = match.index + match[0].indexOf(match[1] as string);
    const place = inShellText(file, markedSlice(file.path, file.text, start, start + (match[1] as string).length));
    if (place?.kind === 'read') places.push(place);
  }
  if (places.length > 1) return refusal(`${file.path} starts flanneld in ${places.length} places`, BY_HAND);
  return places[0] ?? refusal(`no program of ${file.path} starts flanneld`, BY_HAND);
}

/** A command that starts flanneld; undefined where the text holds none. */
function inShellText(file: HostFile, text: MarkedText): Place | Refusal | undefined {
  const site = shellTextSite(text, [], { variables: new Map(), program: undefined, depth: 0 });
  if (site.kind === 'refuse') return /never closed|places/.test(site.why) ? inFile(site, file) : undefined;
  if (site.insert.kind === 'environment') return undefined;
  return commandPlace(file, site);
}

function inFile(refused: Refusal, file: HostFile): Refusal {
  return refusal(`${file.path}: ${refused.why}`, refused.hint);
}

function commandPlace(file: HostFile, site: FlanneldSite): Place {
  const { insert } = site;
  return {
    kind: 'read',
    print: fingerprint(site),
    has: (iface) => hasOnlyIface(site, site.environment, iface) !== undefined,
    edits(iface) {
      const words = ifaceWords(site.words, { from: 0, to: file.text.length });
      if ('kind' in words) return words;
      if (insert.kind === 'flag') {
        const at = insert.after.end;
        return [...removals(file.text, words), { path: file.path, start: at, end: at, text: ` -iface=${iface}` }];
      }
      if (insert.kind !== 'option') return refusal(`${file.path} passes no arguments on`, BY_HAND);
      const at = insert.before.start;
      const gone = insert.replaces.map(({ path, start, end }) => ({ path, start, end, from: 0, to: file.text.length }));
      return [
        ...removals(file.text, gone),
        { path: file.path, start: at, end: at, text: `-e FLANNELD_IFACE=${iface} ` },
      ];
    },
  };
}

/** One `NAME=value` of a defaults file. */
interface Assignment {
  readonly name: string;
  /** The value with its quotes gone. */
  readonly value: MarkedText;
  readonly rawStart: number;
  readonly rawEnd: number;
}

const OPTION_NAME = /^(?:FLANNELD?_?|DAEMON_?|EXTRA_?)*(?:ARGS|ARGUMENTS|OPTS|OPTIONS|FLAGS)$/;
const OPTION_VALUE = /(?:^|\s)--?(?:etcd-|iface|ip-masq|kube-subnet-mgr|public-ip|subnet-file)/;

/** A defaults file: options in a variable, or `FLANNELD_IFACE`. */
function inVariables(file: HostFile): Place | Refusal {
  const assignments = assignmentsOf(file);
  if ('kind' in assignments) return assignments;
  const options = assignments.filter((one) => OPTION_NAME.test(one.name) || OPTION_VALUE.test(one.value.text));
  const choosing = options.filter((one) => argumentsIn(one).some(isIfaceText));
  const variables = assignments.filter((one) => one.name === 'FLANNELD_IFACE');
  if (choosing.length === 1) return optionsPlace(file, choosing[0] as Assignment);
  if (choosing.length > 1) return tooMany(file, choosing);
  if (variables.length === 1) return variablePlace(file, variables[0] as Assignment);
  if (variables.length > 1) return tooMany(file, variables);
  const filled = options.filter((one) => OPTION_VALUE.test(one.value.text));
  const candidates = filled.length > 0 ? filled : options;
  if (candidates.length === 1) return optionsPlace(file, candidates[0] as Assignment);
  if (candidates.length > 1) return tooMany(file, candidates);
  return refusal(`${file.path} neither starts flanneld nor sets its options`, BY_HAND);
}

function tooMany(file: HostFile, found: readonly Assignment[]): Refusal {
  const names = found.map((one) => one.name).join(', ');
  return refusal(`${file.path} sets flanneld's options in more than one place: ${names}`, BY_HAND);
}

function isIfaceText(word: string): boolean {
  return /^--?iface(?:-regex|-can-reach)?(?:=|$)/.test(word);
}

function assignmentsOf(file: HostFile): Assignment[] | Refusal {
  const source = markedSlice(file.path, file.text);
  const found: Assignment[] = [];
  for (const command of shellCommands(source) ?? []) {
    for (const word of command.words) {
      const assignment = assignmentIn(word, source);
      if (assignment) found.push(assignment);
      else if (
        found.length > 0 &&
        file.text[word.from] === '-' &&
        command.words[0] !== word &&
        startsAssigned(command, source)
      ) {
        return refusal(
          `${file.path} sets ${found.at(-1)?.name} to several words without quotes`,
          'Put quotes around the value.',
        );
      }
    }
  }
  return found;
}

function startsAssigned({ words: [first] }: ShellCommand, source: MarkedText): boolean {
  return first !== undefined && assignmentIn(first, source) !== undefined;
}

function assignmentIn(word: ShellWord, source: MarkedText): Assignment | undefined {
  const raw = source.text.slice(word.from, word.to);
  const name = /^([A-Za-z_]\w*)=/.exec(raw)?.[1];
  if (!name) return undefined;
  const rawStart = word.from + name.length + 1;
  const quoted = /^(["'])[\s\S]*\1$/.test(raw.slice(name.length + 1)) && raw.length > name.length + 2;
  const value = sliceOf(source, rawStart + (quoted ? 1 : 0), word.to - (quoted ? 1 : 0));
  return { name, value, rawStart, rawEnd: word.to };
}

/** The words of a value: pieces between blanks, as an unquoted `$X` gives them. */
function wordsIn({ value }: Assignment): CommandWord[] {
  return [...value.text.matchAll(/(?:\\\r?\n|[^\s])+/g)].flatMap((match) => {
    const cut = match[0].replace(/\\\r?\n/g, '');
    if (cut === '') return [];
    const { path, start, end } = spanOf(value, match.index, match.index + match[0].length);
    const text = { text: cut, marks: Array.from(cut, () => ({ path, start, end })) };
    return [{ text, path, start, end, splits: false, opaque: false }];
  });
}

function argumentsIn(assignment: Assignment): string[] {
  return programAndArguments(assignment).args.map((word) => word.text.text);
}

/** A value may begin with flanneld itself. */
function programAndArguments(assignment: Assignment): { program: CommandWord | undefined; args: CommandWord[] } {
  const [first, ...rest] = wordsIn(assignment);
  if (first && isFlanneld(first.text.text)) return { program: first, args: rest };
  return { program: undefined, args: first ? [first, ...rest] : [] };
}

function optionsPlace(file: HostFile, assignment: Assignment): Place {
  const { program, args } = programAndArguments(assignment);
  const texts = args.map((word) => word.text.text);
  const flags = flagsOf(texts).filter((flag) => IFACE_FLAGS.has(flag.name));
  const live = flags.filter((flag) => flag.live);
  return {
    kind: 'read',
    print: JSON.stringify([assignment.name, program?.text.text, withoutIfaceFlags(texts)]),
    has: (iface) => live.length === 1 && live[0]?.name === 'iface' && live[0].value === iface,
    edits(iface) {
      const bounds = valueBounds(assignment);
      const gone = flags.flatMap((flag) => args.slice(flag.from, flag.to));
      const cuts = removals(
        file.text,
        gone.map(({ path, start, end }) => ({ path, start, end, ...bounds })),
      );
      const left = edited(file.text.slice(bounds.from, bounds.to), inOffsetsOf(cuts, bounds.from));
      return insertion(file, assignment, left, program?.text.text, `-iface=${iface}`);
    },
  };
}

function valueBounds({ value, rawStart }: Assignment): { from: number; to: number } {
  return { from: value.marks[0]?.start ?? rawStart, to: value.marks.at(-1)?.end ?? rawStart };
}

function inOffsetsOf(edits: readonly TextEdit[], from: number): TextEdit[] {
  return edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from }));
}

/** The whole value anew: the flag in front (behind flanneld's own word), quotes where the shell then needs them. */
function insertion(
  { path, text }: HostFile,
  { rawStart, rawEnd, name }: Assignment,
  left: string,
  program: string | undefined,
  flag: string,
): TextEdit[] | Refusal {
  const raw = text.slice(rawStart, rawEnd);
  const quote = /^["']/.exec(raw)?.[0] ?? '';
  if (quote === '' && !/^[\w@:,./=+${}-]*$/.test(raw)) {
    return refusal(`the value of ${name} in ${path} is not understood`, 'Put double quotes around the whole value.');
  }
  const head = program === undefined ? '' : left.slice(0, left.indexOf(program) + program.length);
  const tail = left.slice(head.length);
  const value = head === '' ? [flag, tail].filter(Boolean).join(/^\s/.test(tail) ? '' : ' ') : `${head} ${flag}${tail}`;
  const around = quote === '' && /\s/.test(value) ? '"' : quote;
  return [{ path, start: rawStart, end: rawEnd, text: `${around}${value}${around}` }];
}

function variablePlace(file: HostFile, { value, rawStart, rawEnd }: Assignment): Place {
  return {
    kind: 'read',
    print: 'FLANNELD_IFACE',
    has: (iface) => value.text === iface,
    edits: (iface) => [{ path: file.path, start: rawStart, end: rawEnd, text: iface }],
  };
}

/** A line, other than ours, that still chooses an interface. */
function anotherIface(text: string, iface: string): string | undefined {
  const lines = text.split('\n').filter((line) => !/^\s*(?:[#;]|echo\b|printf\b|log\w*\b)/.test(line));
  const rest = lines.map((line) => line.replace(`-iface=${iface}`, ''));
  return rest.find((line) => /(?:^|[\s"'=])--?iface(?:-regex|-can-reach)?(?![\w-])/.test(line))?.trim();
}
