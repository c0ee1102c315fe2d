import type { Arguments, Expression } from '../../src/template/ast.js';

/** An expression as template text, every operand in parentheses. Its constants are texts, numbers and Python's three. */
export function printExpression(node: Expression): string {
  const of = (operand: Expression) => `(${printExpression(operand)})`;
  switch (node.kind) {
    case 'constant':
      return printConstant(node.value);
    case 'name':
      return node.name;
    case 'list':
      return `[${node.items.map(of).join(', ')}]`;
    case 'tuple':
      return `(${node.items.map((item) => `${of(item)},`).join(' ')})`;
    case 'dict':
      return `{${node.entries.map(([key, value]) => `${of(key)}: ${of(value)}`).join(', ')}}`;
    case 'attribute':
      return `${of(node.object)}.${node.name}`;
    case 'subscript':
      return `${of(node.object)}[${of(node.index)}]`;
    case 'slice':
      return `${of(node.object)}[${node.bounds.map((bound) => (bound === undefined ? '' : of(bound))).join(':')}]`;
    case 'call':
      return `${of(node.callee)}${printArguments(node.arguments)}`;
    case 'filter':
      return `${node.input === undefined ? '' : of(node.input)} | ${node.name}${printArguments(node.arguments)}`;
    case 'test':
      return `${of(node.input)} is ${node.name}${printArguments(node.arguments)}`;
    case 'not':
      return `not ${of(node.operand)}`;
    case 'sign':
      return `${node.sign}${of(node.operand)}`;
    case 'binary':
      return `${of(node.left)} ${node.operator} ${of(node.right)}`;
    case 'compare':
      return of(node.first) + node.rest.map(({ operator, operand }) => ` ${operator} ${of(operand)}`).join('');
    case 'conditional':
      return `${of(node.then)} if ${of(node.test)}${node.otherwise === undefined ? '' : ` else ${of(node.otherwise)}`}`;
    default:
      return node satisfies never;
  }
}

function printArguments({ positional, named, spread, spreadNamed }: Arguments): string {
  const parts = [
    ...positional.map((argument) => `(${printExpression(argument)})`),
    ...named.map(([name, argument]) => `${name}=(${printExpression(argument)})`),
    ...(spread === undefined ? [] : [`*(${printExpression(spread)})`]),
    ...(spreadNamed === undefined ? [] : [`**(${printExpression(spreadNamed)})`]),
  ];
  return `(${parts.join(', ')})`;
}

function printConstant(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value !== 'string') return String(value);
  const escaped = value.replace(/[\\'\r\n]/g, (char) => ({ '\r': '\\r', '\n': '\\n' })[char] ?? `\\${char}`);
  return `'${escaped}'`;
}
