import { transformSync } from '@swc/wasm-typescript';
import { messageOf } from '../core/error.js';
import { readText } from '../core/read-text.js';

/**
 * A file's TypeScript without its types, which become blanks: lines and columns stay.
 * @throws SyntaxError `PATH:LINE:COLUMN: MESSAGE`, also for what is more than types (`enum`, `namespace`)
 */
export function withoutTypes(path: string): string {
  const source = readText(path, 'the module');
  try {
    return transformSync(source, { mode: 'strip-only', module: true, filename: path }).code;
  } catch (thrown) {
    const { message, startLine = 1, startColumn = 0 } = thrown as Partial<StripError>;
    throw new SyntaxError(`${path}:${startLine}:${startColumn + 1}: ${message ?? messageOf(thrown)}`);
  }
}

/** What the library throws; its columns count from 0. */
interface StripError {
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}
