import { FixError } from '../core/error.js';
import { refuseOptions } from '../template/index.js';
import { inlineOptions } from './inline-options.js';

const OPTIONS = ['file', 'col', 'delimiter', 'default', 'encoding'] as const;

/** `csvfile`: of the first row that begins with the term, one column. */
export function csvLookup(
  terms: readonly unknown[],
  given: Readonly<Record<string, unknown>>,
  read: (name: string) => string,
): readonly unknown[] {
  refuseOptions('csvfile', given, OPTIONS);
  return terms.flatMap((term) => {
    const { key, options: inline } = inlineOptions('csvfile', String(term), OPTIONS);
    const options: Readonly<Record<string, unknown>> = {
      file: 'ansible.csv',
      col: 1,
      delimiter: 'TAB',
      default: undefined,
      ...given,
      ...inline,
    };
    if (!/^utf-?8$/i.test(String(options.encoding ?? 'utf-8'))) throw bad('the only encoding is utf-8');
    const delimiter = options.delimiter === 'TAB' ? '\t' : String(options.delimiter);
    if (delimiter.length !== 1) throw bad('the delimiter has to be one character');
    const row = csvRows(read(String(options.file)), delimiter).find(([first]) => first === key);
    if (row === undefined) return options.default === undefined || options.default === null ? [] : [options.default];
    const column = Number(options.col);
    const value = Number.isInteger(column) ? row.at(column) : undefined;
    if (value === undefined) throw bad(`the row of '${key}' has no column ${String(options.col)}`);
    return [value];
  });
}

/** The rows of a CSV file, with quotes as Excel writes them. */
export function csvRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = () => {
    if (row.length > 0 || field !== '') rows.push([...row, field]);
    row = [];
    field = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted && char === '"' && text[at + 1] === '"') field += text[at++];
    else if (char === '"' && (quoted || field === '')) quoted = !quoted;
    else if (quoted) field += char;
    else if (char === delimiter) {
      row.push(field);
      field = '';
    } else if (char === '\n' || char === '\r') endRow();
    else field += char;
  }
  endRow();
  return rows;
}

function bad(message: string): FixError {
  return new FixError('template/failed', `csvfile: ${message}`, { hint: 'Correct the lookup or its file.' });
}
