import type { Parameter, Statement, Target } from './ast.js';
import { BLOCK_TEXT, type Evaluation } from './evaluate.js';
import { defined, failed } from './failure.js';
import { Frame } from './frame.js';
import { allowText } from './limits.js';
import { loopVariable } from './loop-variable.js';
import { iterate, truthy } from './python-compare.js';
import { str } from './python-text.js';
import { importNames, renderBlock, renderInclude } from './template-files.js';
import { type CallArgs, Callable, Namespace, RecursiveLoop, tuple, Undefined } from './values.js';

const MAX_MACRO_DEPTH = 100;

/**
 * The text of a template's statements.
 * @throws FixError `template/undefined`, `template/failed`, without their place: run it inside `located`
 */
export function renderStatements(statements: readonly Statement[], frame: Frame, evaluation: Evaluation): string {
  let text = '';
  for (const statement of statements) {
    evaluation.step();
    text += renderStatement(statement, frame, evaluation);
    allowText(text.length);
  }
  return text;
}

/** A printed value: as `str` has it, and nothing for None, as Ansible does. */
export function printed(value: unknown): string {
  return value === null || value === undefined ? '' : str(value);
}

function renderStatement(statement: Statement, frame: Frame, evaluation: Evaluation): string {
  switch (statement.kind) {
    case 'text':
      return statement.text;
    case 'print': {
      const value = evaluation.evaluate(statement.expression, frame);
      evaluation.at = statement.expression.at;
      return printed(value);
    }
    case 'if':
      return renderIf(statement, frame, evaluation);
    case 'for':
      return renderFor(statement, frame, evaluation);
    case 'filter-block':
      return str(
        filtered(statement.filter, renderStatements(statement.body, new Frame(frame), evaluation), evaluation, frame),
      );
    case 'with':
      return renderWith(statement, frame, evaluation);
    case 'call-block':
      return renderCallBlock(statement, frame, evaluation);
    case 'include':
      return renderInclude(statement, frame, evaluation);
    case 'block':
      return renderBlock(statement, frame, evaluation);
    case 'extends':
      throw failed('{% extends %} stands at the top of a template, not inside other tags');
    case 'do':
      evaluation.evaluate(statement.expression, frame);
      return '';
    case 'import':
    case 'from-import':
      importNames(statement, frame, evaluation);
      return '';
    default:
      setNames(statement, frame, evaluation);
      return '';
  }
}

function setNames(
  statement: Extract<Statement, { kind: 'set' | 'set-block' | 'macro' }>,
  frame: Frame,
  evaluation: Evaluation,
): void {
  if (statement.kind === 'set') {
    assign(statement.target, evaluation.evaluate(statement.value, frame), frame);
  } else if (statement.kind === 'set-block') {
    const text = renderStatements(statement.body, new Frame(frame), evaluation);
    assign(statement.target, statement.filter ? filtered(statement.filter, text, evaluation, frame) : text, frame);
  } else {
    const { name, parameters, body } = statement;
    frame.set(name, macro(name, parameters, body, frame, evaluation));
  }
}

function filtered(
  filter: Extract<Statement, { kind: 'filter-block' }>['filter'],
  text: string,
  evaluation: Evaluation,
  frame: Frame,
): unknown {
  const inner = new Frame(frame);
  inner.set(BLOCK_TEXT, text);
  return evaluation.evaluate(filter, inner);
}

function renderIf(
  { branches, otherwise }: Extract<Statement, { kind: 'if' }>,
  frame: Frame,
  evaluation: Evaluation,
): string {
  for (const { test, body } of branches) {
    const value = evaluation.evaluate(test, frame);
    evaluation.at = test.at;
    if (truthy(value)) return renderStatements(body, frame, evaluation);
  }
  return renderStatements(otherwise, frame, evaluation);
}

function renderFor(loop: Extract<Statement, { kind: 'for' }>, frame: Frame, evaluation: Evaluation): string {
  const list = evaluation.evaluate(loop.list, frame);
  evaluation.at = loop.list.at;
  return renderRounds(loop, list, { frame, evaluation, depth: 1 });
}

/** @param depth 1, and one more for each `loop(...)` of a recursive loop */
function renderRounds(
  loop: Extract<Statement, { kind: 'for' }>,
  list: unknown,
  place: { readonly frame: Frame; readonly evaluation: Evaluation; readonly depth: number },
): string {
  const { frame, evaluation, depth } = place;
  if (depth > MAX_MACRO_DEPTH) throw failed('the recursive loop calls itself without end');
  let items = iterate(list);
  const { test } = loop;
  if (test !== undefined) {
    items = items.filter((item) => truthy(evaluation.evaluate(test, withTarget(loop.target, item, frame))));
  }
  if (items.length === 0) return renderStatements(loop.otherwise, new Frame(frame), evaluation);
  let text = '';
  const changedFrom: { last?: unknown } = {};
  for (const [index, item] of items.entries()) {
    const inner = withTarget(loop.target, item, frame);
    const variable = loopVariable(items, index, changedFrom, depth);
    const deeper = ({ args }: CallArgs) => renderRounds(loop, args[0], { ...place, depth: depth + 1 });
    inner.set('loop', loop.recursive ? new RecursiveLoop(variable, deeper) : variable);
    text += renderStatements(loop.body, inner, evaluation);
    allowText(text.length);
  }
  return text;
}

function withTarget(target: Target, item: unknown, frame: Frame): Frame {
  const inner = new Frame(frame);
  assign(target, item, inner);
  return inner;
}

/** Sets the names of a target; a tuple takes a list of as many items. */
function assign(target: Target, value: unknown, frame: Frame): void {
  if (target.kind === 'name') frame.set(target.name, value ?? null);
  else if (target.kind === 'attribute') {
    const namespace = frame.find(target.namespace);
    if (!(namespace instanceof Namespace)) throw failed(`'${target.namespace}' is no namespace()`);
    namespace.attributes.set(target.name, value ?? null);
  } else {
    const items = iterate(value);
    if (items.length !== target.targets.length) {
      throw failed(`${items.length} values cannot be taken apart into ${target.targets.length} names`);
    }
    target.targets.forEach((one, index) => {
      assign(one, items[index], frame);
    });
  }
}

function renderWith(
  { assignments, body }: Extract<Statement, { kind: 'with' }>,
  frame: Frame,
  evaluation: Evaluation,
): string {
  const inner = new Frame(frame);
  for (const { target, value } of assignments) assign(target, evaluation.evaluate(value, frame), inner);
  return renderStatements(body, inner, evaluation);
}

function renderCallBlock(
  { call, parameters, body }: Extract<Statement, { kind: 'call-block' }>,
  frame: Frame,
  evaluation: Evaluation,
): string {
  const callee = defined(evaluation.evaluate(call.callee, frame));
  const { args, kwargs } = evaluation.callArgs(call.arguments, frame);
  const caller = macro('caller', parameters, body, frame, evaluation);
  evaluation.at = call.at;
  if (!(callee instanceof Callable)) throw failed('what {% call %} calls is no macro');
  return printed(callee.call({ args, kwargs: { ...kwargs, caller } }));
}

function macro(
  name: string,
  parameters: readonly Parameter[],
  body: readonly Statement[],
  frame: Frame,
  evaluation: Evaluation,
): Callable {
  const depth = { now: 0 };
  return new Callable(name, (call) => {
    if (++depth.now > MAX_MACRO_DEPTH) throw failed(`the macro '${name}' calls itself without end`);
    try {
      const inner = new Frame(frame);
      bindParameters(parameters, call, inner, evaluation);
      return renderStatements(body, inner, evaluation);
    } finally {
      depth.now--;
    }
  });
}

function bindParameters(
  parameters: readonly Parameter[],
  { args, kwargs }: CallArgs,
  inner: Frame,
  evaluation: Evaluation,
): void {
  const left = new Map(Object.entries(kwargs));
  parameters.forEach((parameter, index) => {
    const given = index < args.length ? args[index] : left.get(parameter.name);
    left.delete(parameter.name);
    if (given !== undefined) inner.set(parameter.name, given);
    else if (parameter.fallback !== undefined)
      inner.set(parameter.name, evaluation.evaluate(parameter.fallback, inner));
    else {
      inner.set(parameter.name, new Undefined(`parameter '${parameter.name}' was not provided`, parameter.name));
    }
  });
  const caller = left.get('caller');
  if (caller !== undefined) inner.set('caller', caller);
  left.delete('caller');
  inner.set('varargs', tuple(...args.slice(parameters.length)));
  inner.set('kwargs', left);
}
