import { type Mark, MarkedBuilder, type MarkedText, sliceOf } from './marked-text.js';

/** One `Key=value` of a unit file, which may run over several lines. */
export interface UnitAssignment {
  readonly section: string;
  readonly key: string;
  /** As systemd joins it: each continuing backslash is a blank, comment lines in between are gone, ends trimmed. */
  readonly value: MarkedText;
  /** Where the value begins (after `=` and blanks) and ends (before the line end) in the text. */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** All of its lines, the last line end among them. */
  readonly start: number;
  readonly end: number;
  /** Comment lines between its continued lines, with their line ends. */
  readonly comments: readonly { readonly start: number; readonly end: number }[];
}

export interface UnitText {
  readonly path: string;
  readonly text: string;
  readonly assignments: readonly UnitAssignment[];
  /** Why systemd would read this file differently from us, or not at all. */
  readonly problem: string | undefined;
}

interface Line {
  readonly start: number;
  /** Before the line end. */
  readonly stop: number;
  readonly end: number;
}

interface LogicalLine {
  readonly value: MarkedText;
  readonly start: number;
  readonly end: number;
  readonly comments: Line[];
}

/**
 * Reads a unit file as systemd 252 does. Never throws: what it cannot read is named in `problem`.
 * @param text the file, line ends as they are
 * @param path the file's name, for the marks
 * @see systemd `src/shared/conf-parser.c`, `config_parse` and `parse_line`, at v252
 */
export function parseUnitText(text: string, path = ''): UnitText {
  const assignments: UnitAssignment[] = [];
  let section = '';
  let problem = /\0|\r(?!\n)/.test(text) ? 'it has line ends that systemd versions read differently' : undefined;
  for (const line of logicalLines(text, path)) {
    const [from, to] = trimmed(line.value.text, 0, line.value.text.length);
    const content = line.value.text.slice(from, to);
    if (content.startsWith('[')) {
      if (content.endsWith(']')) section = content.slice(1, -1);
      else problem ??= `it has a broken section header`;
      continue;
    }
    const assignment = assignmentOf(line, section, from, to);
    if (assignment) assignments.push(assignment);
  }
  return { path, text, assignments, problem };
}

function assignmentOf(line: LogicalLine, section: string, from: number, to: number): UnitAssignment | undefined {
  const { text, marks } = line.value;
  const equals = text.indexOf('=', from);
  if (equals < 0 || equals >= to || section === '') return undefined;
  const [keyFrom, keyTo] = trimmed(text, from, equals);
  const [valueFrom, valueTo] = trimmed(text, equals + 1, to);
  const empty = valueFrom >= valueTo;
  const afterEquals = (marks[equals] as Mark).end;
  return {
    section,
    key: text.slice(keyFrom, keyTo),
    value: sliceOf(line.value, valueFrom, valueTo),
    valueStart: empty ? afterEquals : (marks[valueFrom] as Mark).start,
    valueEnd: empty ? afterEquals : (marks[valueTo - 1] as Mark).end,
    start: line.start,
    end: line.end,
    comments: line.comments.map(({ start, end }) => ({ start, end })),
  };
}

function logicalLines(text: string, path: string): LogicalLine[] {
  const found: LogicalLine[] = [];
  let open: { builder: MarkedBuilder; start: number; comments: Line[] } | undefined;
  let waiting: Line[] = [];
  for (const line of physicalLines(text)) {
    if (/^[ \t]*[#;]/.test(text.slice(line.start, line.stop))) {
      if (open) waiting.push(line);
      continue;
    }
    open ??= { builder: new MarkedBuilder(), start: line.start, comments: [] };
    open.comments.push(...waiting);
    waiting = [];
    const content = line.start === 0 && text.startsWith('\ufeff') ? { ...line, start: 1 } : line;
    if (addLine(open.builder, text, path, content)) continue;
    found.push({ value: open.builder.build(), start: open.start, end: line.end, comments: open.comments });
    open = undefined;
  }
  if (open) {
    const value = open.builder.build();
    found.push({ value, start: open.start, end: text.length, comments: [...open.comments, ...waiting] });
  }
  return found;
}

/** @returns whether the next line continues this one */
function addLine(builder: MarkedBuilder, text: string, path: string, line: Line): boolean {
  let escaped = false;
  for (let at = line.start; at < line.stop; at += 1) escaped = !escaped && text[at] === '\\';
  const stop = escaped ? line.stop - 1 : line.stop;
  for (let at = line.start; at < stop; at += 1) builder.add(text[at] as string, { path, start: at, end: at + 1 });
  if (escaped) builder.add(' ', { path, start: stop, end: line.end });
  return escaped;
}

function physicalLines(text: string): Line[] {
  const lines: Line[] = [];
  const ends = /\r\n|\n\r|[\n\r\0]/g;
  let start = 0;
  for (let match = ends.exec(text); match; match = ends.exec(text)) {
    lines.push({ start, stop: match.index, end: ends.lastIndex });
    start = ends.lastIndex;
  }
  if (start < text.length) lines.push({ start, stop: text.length, end: text.length });
  return lines;
}

function trimmed(text: string, from: number, to: number): [number, number] {
  let [first, last] = [from, to];
  while (first < last && isBlank(text[first])) first += 1;
  while (last > first && isBlank(text[last - 1])) last -= 1;
  return [first, last];
}

/** systemd's WHITESPACE. */
export function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}
