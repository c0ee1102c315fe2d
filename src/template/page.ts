import type { Statement } from './ast.js';
import type { Evaluation } from './evaluate.js';
import type { Frame } from './frame.js';

/** A block as one of the templates of a page has it. */
export interface PageBlock {
  readonly statement: Extract<Statement, { kind: 'block' }>;
  readonly evaluation: Evaluation;
}

/** A template and those that it extends, which have their blocks in common. */
export interface Page {
  /** By name; the block of the template that extends all others comes first. */
  readonly blocks: Map<string, PageBlock[]>;
  /** The names at the top of the template. */
  readonly top: Frame;
}

/** The blocks of a template, also those inside other tags. */
export function blocksIn(statements: readonly Statement[]): Extract<Statement, { kind: 'block' }>[] {
  return statements.flatMap((statement) => {
    const inside = bodiesOf(statement).flatMap((body) => blocksIn(body));
    return statement.kind === 'block' ? [statement, ...inside] : inside;
  });
}

function bodiesOf(statement: Statement): (readonly Statement[])[] {
  switch (statement.kind) {
    case 'if':
      return [...statement.branches.map(({ body }) => body), statement.otherwise];
    case 'for':
      return [statement.body, statement.otherwise];
    case 'with':
    case 'filter-block':
    case 'block':
      return [statement.body];
    default:
      return [];
  }
}
