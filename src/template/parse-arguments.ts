import type { Arguments, Expression } from './ast.js';
import { parseExpression } from './parse-expression.js';
import type { TokenStream } from './token-stream.js';

export const NO_ARGUMENTS: Arguments = { positional: [], named: [], spread: undefined, spreadNamed: undefined };

/** The arguments of a call, a filter or a test, with their parentheses. @throws FixError `template/syntax` */
export function parseArguments(stream: TokenStream): Arguments {
  return stream.nested(() => {
    const open = stream.expect('operator', '(').at;
    const made = { positional: [] as Expression[], named: [] as [string, Expression][] };
    const spreads: { spread?: Expression; spreadNamed?: Expression } = {};
    while (!stream.isOperator(')')) {
      parseArgument(stream, open, made, spreads);
      if (!stream.isOperator(')')) stream.expect('operator', ',');
    }
    stream.expect('operator', ')');
    return { ...made, spread: spreads.spread, spreadNamed: spreads.spreadNamed };
  });
}

function parseArgument(
  stream: TokenStream,
  open: number,
  made: { positional: Expression[]; named: [string, Expression][] },
  spreads: { spread?: Expression; spreadNamed?: Expression },
): void {
  const late = spreads.spreadNamed !== undefined;
  const misplaced = () => stream.error('the arguments are out of order', open);
  if (stream.skip('operator', '*')) {
    if (late || spreads.spread !== undefined) throw misplaced();
    spreads.spread = parseExpression(stream);
  } else if (stream.skip('operator', '**')) {
    if (late) throw misplaced();
    spreads.spreadNamed = parseExpression(stream);
  } else if (stream.is('name') && stream.next.kind === 'operator' && stream.next.value === '=') {
    if (late) throw misplaced();
    const name = stream.take().value as string;
    stream.take();
    made.named.push([name, parseExpression(stream)]);
  } else {
    if (late || spreads.spread !== undefined || made.named.length > 0) throw misplaced();
    made.positional.push(parseExpression(stream));
  }
}
