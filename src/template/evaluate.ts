import { FixError, messageOf } from '../core/error.js';
import type { Arguments, Expression } from './ast.js';
import { attributeOf, itemOf, sliceOf } from './attributes.js';
import { dictEntries, makeDict } from './dict.js';
import { defined, failed } from './failure.js';
import type { Frame } from './frame.js';
import { PLAYBOOK_SYNTAX, type Syntax } from './lexer.js';
import { MAX_STEPS } from './limits.js';
import { arithmetic, comparison, signed } from './operators.js';
import type { Page } from './page.js';
import { iterate, truthy } from './python-compare.js';
import type { Environment, Runtime, Scope } from './runtime.js';
import { callEntry, lookIn } from './signature.js';
import { placeIn } from './syntax-error.js';
import { type CallArgs, Callable, isDict, tuple, typeName, Undefined } from './values.js';

type BinaryNode = Extract<Expression, { kind: 'binary' }>;

/** How a text is written, where it lies, and what stands around it. */
export interface Origin {
  readonly syntax: Syntax;
  readonly folder?: string | undefined;
  /** How many files brought in one another up to this one. */
  readonly depth?: number;
  /** The blocks of the template and of those that it extends, and the names at its top. */
  readonly page?: Page;
}

/** One rendering: evaluates expressions against a scope and the names that the template itself has set. */
export class Evaluation implements Runtime {
  readonly environment: Environment;
  /** Where in the text the evaluation is, for the message of an error. */
  at = 0;
  /** Shared with the evaluations of the files that this one brings in. */
  #work = { stepsLeft: MAX_STEPS };

  /**
   * @param text what is evaluated, for messages
   * @param origin how the text is written and where it lies, for the files that it brings in
   */
  constructor(
    readonly scope: Scope,
    readonly text: string,
    readonly origin: Origin = { syntax: PLAYBOOK_SYNTAX },
  ) {
    this.environment = scope.environment;
  }

  /** The evaluation of a file that this text brings in; both draw on the same store of steps. */
  ofFile(text: string, origin: Origin, scope = this.scope): Evaluation {
    const other = new Evaluation(scope, text, origin);
    other.#work = this.#work;
    return other;
  }

  /**
   * Runs work on this text; whatever goes wrong comes out as a FixError that names the expression and its place.
   * @throws FixError `template/undefined`, `template/failed`, `template/syntax`
   */
  located<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      const place = placeIn(this.text, this.at);
      if (thrown instanceof FixError) {
        if (!thrown.code.startsWith('template/') || thrown.code === 'template/syntax') throw thrown;
        // The innermost place is the telling one: a variable's own text rather than the text that reads it.
        if (PLACED.test(thrown.message)) throw thrown;
        const { code, hint, at, cause } = thrown;
        throw new FixError(code, `${thrown.message}, ${place}`, { hint, at, cause });
      }
      const tooDeep = thrown instanceof RangeError;
      const message = tooDeep ? 'the template is nested too deeply or too large' : messageOf(thrown);
      throw new FixError('template/failed', `${message}, ${place}`, { hint: 'Simplify the template.', cause: thrown });
    }
  }

  evaluate(node: Expression, frame: Frame): unknown {
    this.step();
    this.at = node.at;
    switch (node.kind) {
      case 'constant':
        return node.value;
      case 'name':
        return this.#name(node.name, frame);
      case 'list':
        return node.items.map((item) => this.evaluate(item, frame));
      case 'tuple':
        return tuple(...node.items.map((item) => this.evaluate(item, frame)));
      case 'dict':
        return makeDict(node.entries.map(([key, value]) => this.#entry(key, value, frame)));
      case 'attribute':
        return this.#attribute(node, frame, false);
      case 'subscript':
        return this.#subscript(node, frame);
      case 'slice':
        return this.#slice(node, frame);
      case 'call':
        return this.#call(node, frame);
      case 'filter':
        return this.#filter(node, frame);
      case 'test':
        return this.#test(node, frame);
      default:
        return this.#operation(node, frame);
    }
  }

  /** Whether a condition holds. */
  isTrue(node: Expression, frame: Frame): boolean {
    return this.#truth(node, frame);
  }

  /** @throws FixError `template/failed` where the rendering has taken too many steps */
  step(): void {
    if (--this.#work.stepsLeft < 0) throw failed('the template takes too long', 'Look for loops inside loops.');
  }

  attribute(value: unknown, name: unknown): unknown {
    return typeof name === 'string' ? attributeOf(value, name, this) : itemOf(value, name, this);
  }

  callFilter(name: string, value: unknown, call: CallArgs): unknown {
    this.step();
    const entry = lookIn(this.environment.filters, name);
    if (entry === undefined) throw failed(`there is no filter '${name}'`, 'Check its spelling.');
    return callEntry(`the filter '${name}'`, entry, value, call, this);
  }

  callTest(name: string, value: unknown, call: CallArgs): boolean {
    this.step();
    const entry = lookIn(this.environment.tests, name);
    if (entry === undefined) throw failed(`there is no test '${name}'`, 'Check its spelling.');
    return truthy(callEntry(`the test '${name}'`, entry, value, call, this));
  }

  #name(name: string, frame: Frame): unknown {
    const local = frame.find(name);
    if (local !== undefined) return local;
    if (this.scope.has(name)) return this.scope.read(name);
    const global = lookIn(this.environment.globals, name);
    if (global === undefined) return new Undefined(`'${name}' is undefined`, name);
    if (global.parameters.length === 1 && global.parameters[0]?.name === CONSTANT) return global.run(null, [], this);
    return new Callable(name, (call) => callEntry(`'${name}'`, global, null, call, this));
  }

  #entry(key: Expression, value: Expression, frame: Frame): readonly [unknown, unknown] {
    return [defined(this.evaluate(key, frame)), this.evaluate(value, frame)];
  }

  #attribute(node: Extract<Expression, { kind: 'attribute' }>, frame: Frame, called: boolean): unknown {
    const object = this.evaluate(node.object, frame);
    this.at = node.at;
    return attributeOf(object, node.name, this, called);
  }

  #subscript(node: Extract<Expression, { kind: 'subscript' }>, frame: Frame): unknown {
    const object = this.evaluate(node.object, frame);
    const index = this.evaluate(node.index, frame);
    this.at = node.at;
    return itemOf(object, index, this);
  }

  #slice(node: Extract<Expression, { kind: 'slice' }>, frame: Frame): unknown {
    const object = this.evaluate(node.object, frame);
    const bounds = node.bounds.map((bound) => (bound === undefined ? undefined : this.evaluate(bound, frame)));
    this.at = node.at;
    return sliceOf(defined(object), bounds.map(defined));
  }

  #call(node: Extract<Expression, { kind: 'call' }>, frame: Frame): unknown {
    const { callee } = node;
    const called = callee.kind === 'attribute' ? this.#attribute(callee, frame, true) : this.evaluate(callee, frame);
    const call = this.callArgs(node.arguments, frame);
    this.at = node.at;
    const callable: unknown = defined(called);
    if (!(callable instanceof Callable)) throw failed(`${typeName(callable)} cannot be called`);
    return callable.call(call);
  }

  callArgs({ positional, named, spread, spreadNamed }: Arguments, frame: Frame): CallArgs {
    const args = positional.map((argument) => this.evaluate(argument, frame));
    if (spread !== undefined) args.push(...iterate(this.evaluate(spread, frame)));
    const kwargs = named.map(([name, argument]): [string, unknown] => [name, this.evaluate(argument, frame)]);
    if (spreadNamed !== undefined) {
      const dict = this.evaluate(spreadNamed, frame);
      if (!isDict(dict)) throw failed("what follows '**' has to be a dict");
      for (const [name, value] of dictEntries(dict)) kwargs.push([String(name), value]);
    }
    return { args, kwargs: Object.fromEntries(kwargs) };
  }

  #filter(node: Extract<Expression, { kind: 'filter' }>, frame: Frame): unknown {
    const input = node.input === undefined ? frame.find(BLOCK_TEXT) : this.evaluate(node.input, frame);
    const call = this.callArgs(node.arguments, frame);
    this.at = node.at;
    return this.callFilter(node.name, input, call);
  }

  #test(node: Extract<Expression, { kind: 'test' }>, frame: Frame): boolean {
    const input = this.evaluate(node.input, frame);
    const call = this.callArgs(node.arguments, frame);
    this.at = node.at;
    return this.callTest(node.name, input, call);
  }

  #operation(
    node: Extract<Expression, { kind: 'not' | 'sign' | 'binary' | 'compare' | 'conditional' }>,
    frame: Frame,
  ): unknown {
    switch (node.kind) {
      case 'not':
        return !this.#truth(node.operand, frame);
      case 'sign':
        return signed(node.sign, this.evaluate(node.operand, frame));
      case 'binary':
        return this.#binary(node, frame);
      case 'compare':
        return this.#compare(node, frame);
      case 'conditional':
        return this.#conditional(node, frame);
      default:
        return node satisfies never;
    }
  }

  #truth(node: Expression, frame: Frame): boolean {
    const value = this.evaluate(node, frame);
    this.at = node.at;
    return truthy(value);
  }

  /** The left operands of a long chain lie inside one another; they are worked off in a loop, not by recursion. */
  #binary(node: BinaryNode, frame: Frame): unknown {
    const chain: BinaryNode[] = [];
    let first: Expression = node;
    for (; first.kind === 'binary'; first = first.left) chain.push(first);
    return chain.reduceRight((left, link) => this.#joined(link, left, frame), this.evaluate(first, frame));
  }

  #joined(node: BinaryNode, left: unknown, frame: Frame): unknown {
    this.step();
    if (node.operator === 'and' || node.operator === 'or') {
      this.at = node.left.at;
      return truthy(left) === (node.operator === 'or') ? left : this.evaluate(node.right, frame);
    }
    const right = this.evaluate(node.right, frame);
    this.at = left instanceof Undefined ? node.left.at : right instanceof Undefined ? node.right.at : node.at;
    return arithmetic(node.operator, left, right);
  }

  /** A chain (`1 < x < 5`) holds where each of its links does; what is past the first broken one is not evaluated. */
  #compare({ first, rest, at }: Extract<Expression, { kind: 'compare' }>, frame: Frame): boolean {
    let left = this.evaluate(first, frame);
    for (const { operator, operand } of rest) {
      const right = this.evaluate(operand, frame);
      this.at = at;
      if (!comparison(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  #conditional(node: Extract<Expression, { kind: 'conditional' }>, frame: Frame): unknown {
    if (this.#truth(node.test, frame)) return this.evaluate(node.then, frame);
    if (node.otherwise !== undefined) return this.evaluate(node.otherwise, frame);
    return new Undefined(
      'the inline if-expression evaluated to false and no else section was defined',
      undefined,
      true,
    );
  }
}

const PLACED = /, at line \d+, column \d+ of "/;

/** The name under which a block's text comes to its filter; no template can write it. */
export const BLOCK_TEXT = '{block}';
/** The only parameter of a global that is a value, not a function. */
export const CONSTANT = '{constant}';
