import { withoutControls } from '../core/printable.js';

/** What begins markup, or a mail address that becomes a link, wherever it stands. */
const ANYWHERE = /[\\`*_[\]<>|~$&!@]/g;
/** What begins a heading, a list, a quotation or a rule where it stands first: `1.` and `1)` too. */
const FIRST = /^\s*(?:[#+\-=>]|[0-9]{1,9}[.)](?=\s|$))/;
/** What renderers make links of without being asked. */
const AUTOLINK = /:(?=\/\/)|(?<=\bwww)\./gi;

/** Text from a report on one line of Markdown, read as it stands: no element, link or cell comes of it. */
export function markdownText(text: string): string {
  const line = withoutControls(text).replaceAll('\n', ' ').replaceAll('\t', ' ').trim();
  const safe = line.replace(ANYWHERE, '\\$&').replace(AUTOLINK, '\\$&');
  return FIRST.test(safe) ? firstEscaped(safe) : safe;
}

/** `1\. one`: a backslash counts before the sign only, never before a digit. */
function firstEscaped(line: string): string {
  return line.replace(/^[0-9]*/, '$&\\');
}

/** Lines in a fence that no run of backticks among them ends. */
export function markdownFence(lines: readonly string[], language = ''): string[] {
  const safe = lines.map((line) => withoutControls(line));
  const fence = '`'.repeat(Math.max(3, longestRun(safe.join('\n')) + 1));
  return [`${fence}${language}`, ...safe, fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** A table with texts that are Markdown already; nothing where there are no rows. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}
