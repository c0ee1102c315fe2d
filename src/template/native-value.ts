import { Evaluation } from './evaluate.js';
import { defined } from './failure.js';
import { Frame } from './frame.js';
import { PLAYBOOK_SYNTAX } from './lexer.js';
import { literalValue } from './literal-value.js';
import type { Template } from './parse-template.js';
import { str } from './python-text.js';
import type { Scope } from './runtime.js';
import { renderTemplate } from './template-files.js';
import { DateTime, isNumber, Rendered, TimeDelta, Tuple } from './values.js';

/**
 * The value of a playbook's text, as Ansible 2.14 has it with `jinja2_native` off: every template becomes text, so that
 * `{{ 1 + 1 }}` is `'2'`, and text that starts with `{` or `[`, or is `True` or `False`, is then taken for a literal.
 * A number or boolean keeps its type where the text is its variable's name and nothing else: `{{ port }}`. Text that
 * `to_json` and its like made stays text.
 *
 * @throws FixError `template/*`
 */
export function nativeValue(text: string, scope: Scope): unknown {
  const { printBegin, tagBegin, commentBegin } = PLAYBOOK_SYNTAX;
  if (!text.includes(printBegin) && !text.includes(tagBegin) && !text.includes(commentBegin)) return text;
  const template = scope.environment.parseTemplate(text, PLAYBOOK_SYNTAX);
  const evaluation = new Evaluation(scope, template.text);
  return evaluation.located(() => {
    const only = onlyExpression(template, text);
    if (only === undefined) {
      return literalValue(withTrailingLineFeeds(renderTemplate(template, new Frame(), evaluation), text));
    }
    const value: unknown = defined(evaluation.evaluate(only, new Frame()));
    if (typeof value === 'string') return makesText(only) ? value : literalValue(value);
    return becomesText(value) ? textOf(value, givenBy(text, scope)) : value;
  });
}

/** Lists, dicts and booleans come back from their text as what they were; these do not. */
function becomesText(value: unknown): boolean {
  const isNone = value === null || value === undefined;
  return isNone || isNumber(value) || value instanceof Tuple || value instanceof DateTime || value instanceof TimeDelta;
}

/** @param given what the variable holds whose name the text is, where it is one */
function textOf(value: unknown, given: unknown): unknown {
  if (value === null || value === undefined) return given === null ? null : '';
  return isNumber(given) ? value : str(value);
}

const ONE_NAME = /^\{\{\s*(\w+)\s*\}\}$/;

function givenBy(text: string, scope: Scope): unknown {
  const name = ONE_NAME.exec(text)?.[1];
  const given = name === undefined ? undefined : scope.get(name);
  return given instanceof Rendered ? given.value : given;
}

/** The line feeds at a template's end are kept, as Ansible keeps them. */
export function withTrailingLineFeeds(rendered: string, source: string): string {
  const missing = trailingLineFeeds(source) - trailingLineFeeds(rendered);
  return missing > 0 ? rendered + '\n'.repeat(missing) : rendered;
}

function trailingLineFeeds(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === '\n') count++;
  return count;
}

function onlyExpression({ statements }: Template, source: string) {
  const [only, ...others] = statements;
  return only?.kind === 'print' && others.length === 0 && !source.endsWith('\n') ? only.expression : undefined;
}

/** Ansible's `STRING_TYPE_FILTERS`. */
const TEXT_FILTERS: readonly string[] = ['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml'];

function makesText(expression: { kind: string; name?: unknown }): boolean {
  return expression.kind === 'filter' && TEXT_FILTERS.includes(expression.name as string);
}
