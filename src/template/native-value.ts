import { Evaluation } from './evaluate.js';
import { defined } from './failure.js';
import { Frame } from './frame.js';
import { PLAYBOOK_SYNTAX } from './lexer.js';
import { literalValue } from './literal-value.js';
import type { Template } from './parse-template.js';
import type { Scope } from './runtime.js';
import { renderTemplate } from './template-files.js';

/**
 * The value of a playbook's text.
 *
 * Ansible 2.14 as it comes (`jinja2_native` off) makes text of every template, so that `{{ 1 + 1 }}` is `'2'`, and
 * then takes text that starts with `{` or `[`, or is `True` or `False`, for a literal. Here a text that is one
 * expression and nothing else keeps the type of its value (numbers, None, lists and dicts), and text goes through the
 * same second look as Ansible's. Text that `to_json` and its like made stays text, as there.
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
    return typeof value === 'string' && !makesText(only) ? literalValue(value) : value;
  });
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
