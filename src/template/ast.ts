/** The syntax of an expression. `at` is the offset of its first or most telling character in the text. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: unknown; readonly at: number }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly at: number }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[]; readonly at: number }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[]; readonly at: number }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string; readonly at: number }
  | { readonly kind: 'subscript'; readonly object: Expression; readonly index: Expression; readonly at: number }
  | {
      readonly kind: 'slice';
      readonly object: Expression;
      readonly bounds: readonly (Expression | undefined)[];
      readonly at: number;
    }
  | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: Arguments; readonly at: number }
  | {
      readonly kind: 'filter';
      /** `undefined` in `{% filter %}` and `{% set x | f %}`, where the block's text comes in. */
      readonly input: Expression | undefined;
      readonly name: string;
      readonly arguments: Arguments;
      readonly at: number;
    }
  | {
      readonly kind: 'test';
      readonly input: Expression;
      readonly name: string;
      readonly arguments: Arguments;
      readonly at: number;
    }
  | { readonly kind: 'not'; readonly operand: Expression; readonly at: number }
  | { readonly kind: 'sign'; readonly sign: '-' | '+'; readonly operand: Expression; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    }
  | {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly { readonly operator: Comparison; readonly operand: Expression }[];
      readonly at: number;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | undefined;
      readonly at: number;
    };

export type BinaryOperator = 'or' | 'and' | '+' | '-' | '~' | '*' | '/' | '//' | '%' | '**';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list` */
  readonly spread: Expression | undefined;
  /** `**dict` */
  readonly spreadNamed: Expression | undefined;
}

/** What an assignment may have on its left side. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'tuple'; readonly targets: readonly Target[] }
  | { readonly kind: 'attribute'; readonly namespace: string; readonly name: string };

export interface Parameter {
  readonly name: string;
  readonly fallback: Expression | undefined;
}

/** The syntax of a template: text, printed expressions and tags. */
export type Statement =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'print'; readonly expression: Expression; readonly at: number }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly list: Expression;
      readonly test: Expression | undefined;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
      /** `loop(items)` runs the body again, one level deeper. */
      readonly recursive: boolean;
      readonly at: number;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression; readonly at: number }
  | {
      readonly kind: 'set-block';
      readonly target: Target;
      readonly filter: Expression | undefined;
      readonly body: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'with';
      readonly assignments: readonly { readonly target: Target; readonly value: Expression }[];
      readonly body: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'filter-block';
      readonly filter: Expression;
      readonly body: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'macro';
      readonly name: string;
      readonly parameters: readonly Parameter[];
      readonly body: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'call-block';
      readonly parameters: readonly Parameter[];
      readonly call: Extract<Expression, { kind: 'call' }>;
      readonly body: readonly Statement[];
      readonly at: number;
    }
  | { readonly kind: 'do'; readonly expression: Expression; readonly at: number }
  | {
      readonly kind: 'include';
      readonly template: Expression;
      readonly ignoreMissing: boolean;
      readonly withContext: boolean;
      readonly at: number;
    }
  | {
      readonly kind: 'import';
      readonly template: Expression;
      readonly name: string;
      readonly withContext: boolean;
      readonly at: number;
    }
  | {
      readonly kind: 'from-import';
      readonly template: Expression;
      readonly names: readonly (readonly [name: string, alias: string])[];
      readonly withContext: boolean;
      readonly at: number;
    }
  | { readonly kind: 'extends'; readonly template: Expression; readonly at: number }
  | {
      readonly kind: 'block';
      readonly name: string;
      /** It sees the names of the loops around it. */
      readonly scoped: boolean;
      readonly required: boolean;
      readonly body: readonly Statement[];
      readonly at: number;
    };

/** A filter or test that a template names, and where, so that an unknown one is found before anything runs. */
export interface Mention {
  readonly kind: 'filter' | 'test';
  readonly name: string;
  readonly at: number;
}
