import { type Mark, MarkedBuilder, sliceOf, type Variable } from './marked-text.js';
import { isBlank } from './unit-text.js';

type State = 'beforeKey' | 'key' | 'beforeValue' | 'value' | 'single' | 'double' | 'comment';

/**
 * The variables of an `EnvironmentFile=`, in the file's order (a later one of the same name wins). Never throws:
 * systemd passes over what it cannot read, and so does this.
 * @param text the file, line ends as they are
 * @param path the file's name, for the marks
 * @see systemd `src/basic/env-file.c`, `parse_env_file_internal`, at v252
 */
export function parseEnvironmentFile(text: string, path = ''): Variable[] {
  const found: Variable[] = [];
  let state: State = 'beforeKey';
  let key = '';
  let value = new MarkedBuilder();
  let rawStart = 0;
  let keep = 0; // length of the value without blanks at its end
  const push = (rawEnd: number) => {
    const built = value.build();
    const name = key.replace(/[ \t\r\n]+$/, '');
    if (isVariableName(name)) {
      const end = trimmedEnd(text, rawStart, rawEnd);
      found.push({ name, value: sliceOf(built, 0, keep), path, origin: 'file', rawStart, rawEnd: end });
    }
    state = 'beforeKey';
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    const newline = char === '\n' || char === '\r';
    const mark: Mark = { path, start: at, end: at + 1 };
    switch (state) {
      case 'beforeKey':
        if (char === '#' || char === ';') state = 'comment';
        else if (!isBlank(char)) [state, key] = ['key', char];
        break;
      case 'key':
        if (newline) state = 'beforeKey';
        else if (char === '=') {
          [state, value, keep, rawStart] = ['beforeValue', new MarkedBuilder(), 0, at + 1];
        } else key += char;
        break;
      case 'beforeValue':
      case 'value':
        if (newline) push(at);
        else if (state === 'beforeValue' && char === "'") state = 'single';
        else if (state === 'beforeValue' && char === '"') state = 'double';
        else if (char === '\\') {
          const next = text[at + 1];
          if (next !== undefined && next !== '\n' && next !== '\r') value.add(next, { path, start: at, end: at + 2 });
          [state, keep, at] = ['value', value.length, at + 1];
        } else if (state === 'value' || !isBlank(char)) {
          state = 'value';
          value.add(char, mark);
          if (!isBlank(char)) keep = value.length;
        }
        break;
      case 'single':
        if (char === "'") state = 'beforeValue';
        else value.add(char, mark);
        keep = value.length;
        break;
      case 'double':
        if (char === '"') state = 'beforeValue';
        else if (char === '\\') {
          const next = text[at + 1];
          if (next !== undefined && next !== '\n') {
            value.add('"\\`$'.includes(next) ? next : `\\${next}`, { path, start: at, end: at + 2 });
          }
          at += 1;
        } else value.add(char, mark);
        keep = value.length;
        break;
      case 'comment':
        if (char === '\\') at += 1;
        else if (newline) state = 'beforeKey';
    }
  }
  if (state !== 'beforeKey' && state !== 'key' && state !== 'comment') push(text.length);
  return found;
}

export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && isBlank(text[last - 1])) last -= 1;
  return last;
}
