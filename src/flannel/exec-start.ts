import { isVariableName, parseEnvironmentFile } from './environment-file.js';
import { type CommandWord, type MarkedText, sliceOf, spanOf, type Variable, type Variables } from './marked-text.js';
import { expandWord, nextWord, type Word, withoutSpecifierEscapes, wordsOf } from './systemd-words.js';
import type { FlanneldUnit, HostFile } from './unit.js';
import { isBlank, parseUnitText, type UnitAssignment, type UnitText } from './unit-text.js';

/** The one command that systemd starts for the unit. */
export interface ExecStart {
  readonly file: HostFile;
  readonly assignment: UnitAssignment;
  /** Its words with variables in place; the program (and what stands for argv[0]) first. */
  readonly words: readonly CommandWord[];
  /** How many of them come before the arguments: 2 with the `@` prefix. */
  readonly programWords: 1 | 2;
  readonly variables: Variables;
  /** Other commands stand in the same list (a oneshot unit). */
  readonly shared: boolean;
}

/** Why something cannot be done, and what its reader can do. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly why: string;
  readonly hint: string;
}

export function refusal(why: string, hint: string): Refusal {
  return { kind: 'refuse', why, hint };
}

/** Longer files are not read: no unit comes near it, and reading one may take long. */
const MOST_CHARACTERS = 100_000;

const MEND_UNIT = 'Mend the unit by hand until systemctl starts flanneld, then run this again.';

/**
 * The command that a unit's fragment and drop-ins come to, as systemd puts them together: resets, prefixes, quotes,
 * `Environment=`, `EnvironmentFile=` and `UnsetEnvironment=` in their order. Specifiers stay as they are written.
 * @see systemd `src/core/load-fragment.c`, `config_parse_exec`, at v252
 */
export function execStart(unit: FlanneldUnit): ExecStart | Refusal {
  const sources = sourcesOf(unit);
  const large = [
    ...sources.map(({ file }) => file),
    unit.program,
    ...unit.environmentFiles.map(({ file }) => file),
  ].find((file) => file && file.text.length > MOST_CHARACTERS);
  if (large) return refusal(`${large.path} is too large to be a unit's file`, MEND_UNIT);
  const broken = sources.find(({ parsed }) => parsed.problem);
  if (broken) return refusal(`${broken.file.path} is not understood: ${broken.parsed.problem}`, MEND_UNIT);
  const inForce = assignmentsInForce(sources);
  const one = inForce.length === 1 ? inForce[0] : undefined;
  if (inForce.length === 0) return refusal(`${unit.name} has no ExecStart`, MEND_UNIT);
  if (!one && !isOneshot(sources)) {
    const places = [...new Set(inForce.map(({ file }) => file.path))].join(' and ');
    return refusal(`${unit.name} has more than one ExecStart (in ${places}), which systemd refuses`, MEND_UNIT);
  }
  const variables = variablesOf(unit, sources);
  const commands = inForce.flatMap((source): (ExecStart | 'bad')[] => commandsOf(source, variables) ?? ['bad']);
  if (commands.includes('bad'))
    return refusal(`the ExecStart of ${unit.name} has a quote that is never closed`, MEND_UNIT);
  const found = commands.filter((command): command is ExecStart => command !== 'bad');
  const ours = found.length === 1 ? found : found.filter(namesFlannel);
  const [first] = ours;
  if (ours.length !== 1 || !first) return refusal(`${unit.name} starts ${found.length} programs, not one`, MEND_UNIT);
  const missing = unit.environmentFiles.find(({ file, optional }) => !file && !optional);
  if (missing && first.assignment.value.text.includes('$')) {
    return refusal(`${missing.path}, which the command line takes variables from, cannot be read`, MEND_UNIT);
  }
  return { ...first, shared: found.length > 1 };
}

interface Source {
  readonly file: HostFile;
  readonly parsed: UnitText;
}

interface InForce {
  readonly file: HostFile;
  readonly assignment: UnitAssignment;
}

function sourcesOf(unit: FlanneldUnit): Source[] {
  const files = unit.fragment ? [unit.fragment, ...unit.dropIns] : unit.dropIns;
  return files.map((file) => ({ file, parsed: parseUnitText(file.text, file.path) }));
}

function assignmentsInForce(sources: readonly Source[]): InForce[] {
  let list: InForce[] = [];
  for (const { file, assignment } of serviceAssignments(sources, 'ExecStart')) {
    if (assignment.value.text === '') list = [];
    else list.push({ file, assignment });
  }
  return list;
}

function serviceAssignments(sources: readonly Source[], key: string): InForce[] {
  return sources.flatMap(({ file, parsed }) =>
    parsed.assignments
      .filter((assignment) => assignment.section === 'Service' && assignment.key === key)
      .map((assignment) => ({ file, assignment })),
  );
}

function isOneshot(sources: readonly Source[]): boolean {
  return serviceAssignments(sources, 'Type').at(-1)?.assignment.value.text === 'oneshot';
}

function namesFlannel({ words }: ExecStart): boolean {
  return words.some(({ text }) => /(?:^|\/)flanneld?\b/.test(text.text));
}

function commandsOf(source: InForce, variables: Variables): ExecStart[] | undefined {
  const { value } = source.assignment;
  const commands: ExecStart[] = [];
  let words: Word[] = [];
  const finish = () => {
    const command = expandedCommand(words, value, variables);
    if (command) commands.push({ ...source, ...command, variables, shared: false });
    words = [];
  };
  for (let at = 0; ; ) {
    while (isBlank(value.text[at])) at += 1;
    const separator = /^(\\?);(?:[ \t\r\n]|$)/.exec(value.text.slice(at, at + 3));
    if (separator?.[1] === '') {
      finish();
      at += 1;
      continue;
    }
    if (separator && words.length > 0) {
      words.push({ word: sliceOf(value, at + 1, at + 2), from: at, to: at + 2 });
      at += 2;
      continue;
    }
    const word = nextWord(value, at);
    if (word === 'bad') return undefined;
    if (!word) break;
    words.push(word);
    at = word.to;
  }
  finish();
  return commands;
}

function expandedCommand(
  words: readonly Word[],
  value: MarkedText,
  variables: Variables,
): Pick<ExecStart, 'words' | 'programWords'> | undefined {
  const [program, ...rest] = words;
  if (!program) return undefined;
  const prefix = /^[-@:+!]*/.exec(program.word.text)?.[0] ?? '';
  const known: Variables = prefix.includes(':') ? new Map() : variables;
  const raw = (word: Word) => {
    const { path, start, end } = spanOf(value, word.from, word.to);
    return { path, start, end, opaque: false };
  };
  const name = withoutSpecifierEscapes(sliceOf(program.word, prefix.length, program.word.text.length));
  const expanded = rest.flatMap((word) =>
    prefix.includes(':')
      ? [{ text: withoutSpecifierEscapes(word.word), splits: false, ...raw(word) }]
      : expandWord(word, value, known).map((part) => ({ ...part, ...raw(word) })),
  );
  const programWords = prefix.includes('@') && rest.length > 0 ? 2 : 1;
  return { words: [{ text: name, splits: false, ...raw(program) }, ...expanded], programWords };
}

/** The environment that the unit gives its program, where it is known. */
function variablesOf(unit: FlanneldUnit, sources: readonly Source[]): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const { assignment } of serviceAssignments(sources, 'Environment')) {
    if (assignment.value.text === '') variables.clear();
    for (const word of wordsOf(assignment.value) ?? []) {
      const variable = unitVariable(word, assignment.value);
      if (variable) variables.set(variable.name, variable);
    }
  }
  for (const { file } of unit.environmentFiles) {
    if (!file) continue;
    for (const variable of parseEnvironmentFile(file.text, file.path)) variables.set(variable.name, variable);
  }
  for (const { assignment } of serviceAssignments(sources, 'UnsetEnvironment')) {
    for (const { word } of wordsOf(assignment.value) ?? []) {
      const [name, ...value] = word.text.split('=');
      const matches = value.length === 0 || variables.get(name as string)?.value.text === value.join('=');
      if (matches) variables.delete(name as string);
    }
  }
  return variables;
}

function unitVariable({ word, from, to }: Word, value: MarkedText): Variable | undefined {
  const text = withoutSpecifierEscapes(word);
  const equals = text.text.indexOf('=');
  const name = text.text.slice(0, equals);
  if (equals < 1 || !isVariableName(name)) return undefined;
  const { path, start, end } = spanOf(value, from, to);
  return {
    name,
    value: sliceOf(text, equals + 1, text.text.length),
    path,
    origin: 'unit',
    rawStart: start,
    rawEnd: end,
  };
}
