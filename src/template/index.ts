import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { TaggedText } from '../core/yaml.js';
import { Evaluation } from './evaluate.js';
import { Frame } from './frame.js';
import { PLAYBOOK_SYNTAX } from './lexer.js';
import { callLookup } from './lookups.js';
import { nativeValue, withTrailingLineFeeds } from './native-value.js';
import { plain, withoutOmitted } from './plain.js';
import { truthy } from './python-compare.js';
import type { Scope } from './runtime.js';
import { type TemplateFileOptions, templateFile } from './template-file.js';
import { renderTemplate } from './template-files.js';
import { isDict, isList, LazyDict, OMIT, Rendered } from './values.js';

export { createEnvironment, type EnvironmentOptions } from './environment.js';
export { passwordHash, randomPassword, randomSalt } from './filters/secrets.js';
export { globbed } from './glob.js';
export { literalValue } from './literal-value.js';
export { refuseOptions } from './lookup-options.js';
export { plain as plainValue } from './plain.js';
export { iterate } from './python-compare.js';
export { pythonRegex } from './python-regex.js';
export type { Environment, LoadTemplate, Lookup, Runtime, Scope } from './runtime.js';
export {
  asValue,
  asValues,
  type Layer,
  layeredScope,
  layerOf,
  layerOfValues,
  scopeOf,
  type Variables,
} from './scope.js';
export { entry, lenientEntry, type Table } from './signature.js';
export type { TemplateFileOptions } from './template-file.js';
export { type DictSource, LazyDict, OMIT, Rendered, Undefined } from './values.js';

/**
 * The value of a text from a playbook or an inventory. A text that is one `{{ expression }}` and nothing else keeps
 * the type of its value; what else has a template in it becomes text, or the list, dict or boolean that this text
 * spells, as in Ansible.
 * @returns plain values; `OMIT` for `{{ omit }}`
 * @throws FixError `template/syntax`, `template/undefined`, `template/failed`
 */
export function renderNative(text: string, scope: Scope): unknown {
  return plain(nativeValue(text, scope));
}

/**
 * The text of a template file. Backslashes in its strings are Python's escapes; a first line `#jinja2: key: value`
 * sets options, as in Ansible.
 * @throws FixError `template/syntax`, `template/undefined`, `template/failed`
 */
export function renderText(text: string, scope: Scope, options: TemplateFileOptions = {}): string {
  const { source, syntax, keepTrailingNewline } = templateFile(text, options);
  const template = scope.environment.parseTemplate(source, syntax);
  const evaluation = new Evaluation(scope, template.text, { syntax, folder: options.folder });
  const rendered = renderTemplate(template, new Frame(), evaluation);
  return keepTrailingNewline ? withTrailingLineFeeds(rendered, source) : rendered;
}

/**
 * The value of a bare expression, as `when`, `until` and `changed_when` hold them. One in braces is taken as well.
 * @returns plain values
 * @throws FixError `template/syntax`, `template/undefined`, `template/failed`
 */
export function evaluate(expression: string, scope: Scope): unknown {
  return located(expression, scope, plain);
}

/**
 * Whether a condition holds, by Python's truth: any text but the empty one is true, an empty list is not.
 * @param condition an expression, or a value that is one already (`when: false`)
 * @throws FixError `template/syntax`, `template/undefined`, `template/failed`
 */
export function holds(condition: unknown, scope: Scope): boolean {
  if (typeof condition !== 'string') return condition === undefined || condition === null || truthy(condition);
  return condition.trim() === '' || located(condition, scope, truthy);
}

/**
 * A value with every template in it rendered, keys excepted, however deep; what holds `omit` is left out of its dict
 * or list.
 * @returns plain values; `OMIT` where the whole value is `{{ omit }}`
 * @throws FixError `template/syntax`, `template/undefined`, `template/failed`
 */
export function renderDeep(value: unknown, scope: Scope): unknown {
  return withoutOmitted(deeply(value, scope));
}

/**
 * What a lookup makes of its terms, always as a list.
 * @throws FixError what the lookup throws; `template/failed` where there is none of that name
 */
export function lookUp(name: string, terms: readonly unknown[], scope: Scope): readonly unknown[] {
  const found = callLookup(name, terms, { wantlist: true }, { environment: scope.environment, scope });
  return isList(found) ? found.map((item) => plain(item)) : [plain(found)];
}

/**
 * Refuses what cannot be read: syntax, unknown filters, unknown tests. Nothing is evaluated.
 * @throws FixError `template/syntax`
 */
export function checkTemplate(text: string, scope: Scope): void {
  scope.environment.parseTemplate(text, PLAYBOOK_SYNTAX);
}

/** The same for a bare expression. */
export function checkExpression(expression: string, scope: Scope): void {
  scope.environment.parseExpression(bare(expression), { ...PLAYBOOK_SYNTAX, backslashes: 'python' });
}

/** Whether a text has anything in it for the engine to do. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}

function deeply(value: unknown, scope: Scope): unknown {
  if (value instanceof Rendered) return plain(value.value);
  if (value instanceof TaggedText) return value.reveal();
  if (typeof value === 'string') return renderNative(value, scope);
  if (isList(value)) return value.map((item) => deeply(item, scope));
  if (!isDict(value)) return value === OMIT ? OMIT : plain(value);
  if (value instanceof Map || value instanceof LazyDict) return plain(value);
  const entries = Object.entries(value).map(([key, item]) => [key, deeply(item, scope)]);
  return Object.fromEntries(entries);
}

function located<T>(expression: string, scope: Scope, use: (value: unknown) => T): T {
  const read = scope.environment.parseExpression(bare(expression), { ...PLAYBOOK_SYNTAX, backslashes: 'python' });
  const evaluation = new Evaluation(scope, read.text);
  return evaluation.located(() => {
    const value = evaluation.evaluate(read.expression, new Frame());
    evaluation.at = read.expression.at;
    return use(value);
  });
}

/** `{{ x }}` as `x`. @throws FixError `template/syntax` for braces in any other place */
function bare(expression: string): string {
  const inside = /^\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*$/s.exec(expression)?.[1];
  if (inside !== undefined) return inside;
  if (/\{\{|\{%/.test(expression)) {
    throw new FixError('template/syntax', `the condition has braces in it: ${printableLine(expression, 120)}`, {
      hint: 'Write conditions as bare expressions, without {{ }} or {% %}.',
    });
  }
  return expression;
}
