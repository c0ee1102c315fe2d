import { FixError } from '../core/error.js';
import type { Expression } from './ast.js';
import { makeDict } from './dict.js';
import { PLAYBOOK_SYNTAX } from './lexer.js';
import { signed } from './operators.js';
import { parseBareExpression } from './parse-template.js';
import { tuple } from './values.js';

const MAX_LENGTH = 4 * 1024 * 1024;
const NO_LITERAL = Symbol('no literal');

/**
 * Ansible's second look at a rendered text: the list, dict or boolean that it spells, or the text itself.
 * Only literals are taken, in Python's spelling or in JSON's; nothing is evaluated.
 */
export function literalValue(text: string): unknown {
  if (text === 'True') return true;
  if (text === 'False') return false;
  if (!(text.startsWith('{') || text.startsWith('[')) || text.length > MAX_LENGTH) return text;
  try {
    const { expression } = parseBareExpression(text, { ...PLAYBOOK_SYNTAX, backslashes: 'python' });
    const value = literal(expression);
    return value === NO_LITERAL ? text : value;
  } catch (thrown) {
    if (thrown instanceof FixError || thrown instanceof RangeError) return text;
    throw thrown;
  }
}

function literal(node: Expression): unknown {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'name':
      return node.name === 'null' ? null : NO_LITERAL;
    case 'list':
      return literals(node.items);
    case 'tuple': {
      const items = literals(node.items);
      return items === NO_LITERAL ? NO_LITERAL : tuple(...(items as unknown[]));
    }
    case 'dict': {
      const entries = node.entries.map(([key, value]) => [literal(key), literal(value)] as const);
      return entries.some(([key, value]) => key === NO_LITERAL || value === NO_LITERAL)
        ? NO_LITERAL
        : makeDict(entries);
    }
    case 'sign': {
      const operand = literal(node.operand);
      return typeof operand === 'object' || typeof operand === 'number' ? signed(node.sign, operand) : NO_LITERAL;
    }
    default:
      return NO_LITERAL;
  }
}

function literals(nodes: readonly Expression[]): unknown {
  const items = nodes.map(literal);
  return items.includes(NO_LITERAL) ? NO_LITERAL : items;
}
