/** What a flag takes: `bool` may stand without a value, `list` may be given again and again. */
export type FlagKind = 'bool' | 'int' | 'text' | 'list';

export interface ParsedFlags {
  /** The last value of each flag that was given; of a `list`, every value in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Go stops at the first word that is no flag, or after `--`; what is left is ignored by flanneld. */
  readonly rest: readonly string[];
}

/** A command line that Go's flag package refuses; `help` asks for the usage and is no mistake. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  readonly help: boolean;

  constructor(message: string, help = false) {
    super(message);
    this.help = help;
  }
}

/**
 * Parses as Go's `flag.FlagSet` does: one dash or two, `=` or the next word, booleans only with `=`.
 * @throws FlagError in Go's own words
 * @see Go `src/flag/flag.go`, `parseOne`
 */
export function parseGoFlags(args: readonly string[], kinds: ReadonlyMap<string, FlagKind>): ParsedFlags {
  const values = new Map<string, readonly string[]>();
  let at = 0;
  while (at < args.length) {
    const flag = splitFlag(args[at]!);
    if (flag === 'positional') break;
    at += 1;
    if (flag === 'end') break;
    const kind = kinds.get(flag.name);
    if (kind === undefined) throw unknownFlag(flag.name);
    const value = flag.value ?? (kind === 'bool' ? 'true' : args[at++]);
    if (value === undefined) throw new FlagError(`flag needs an argument: -${flag.name}`);
    values.set(
      flag.name,
      kind === 'list' ? [...(values.get(flag.name) ?? []), value] : [checked(flag.name, kind, value)],
    );
  }
  return { values, rest: args.slice(at) };
}

/** A value as its flag takes it: booleans become `true` or `false`, whole numbers are checked. @throws FlagError */
export function checked(name: string, kind: FlagKind, value: string): string {
  if (kind === 'int' && !/^[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value)) throw invalid(name, kind, value);
  if (kind !== 'bool') return value;
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return 'true';
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return 'false';
  throw invalid(name, kind, value);
}

function splitFlag(word: string): 'positional' | 'end' | { readonly name: string; readonly value: string | undefined } {
  if (word.length < 2 || !word.startsWith('-')) return 'positional';
  if (word === '--') return 'end';
  const body = word.slice(word.startsWith('--') ? 2 : 1);
  if (body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
  const equals = body.indexOf('=');
  return equals < 0 ? { name: body, value: undefined } : { name: body.slice(0, equals), value: body.slice(equals + 1) };
}

function unknownFlag(name: string): FlagError {
  if (name === 'help' || name === 'h') return new FlagError('flag: help requested', true);
  return new FlagError(`flag provided but not defined: -${name}`);
}

function invalid(name: string, kind: FlagKind, value: string): FlagError {
  if (kind === 'bool') return new FlagError(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
  return new FlagError(`invalid value ${JSON.stringify(value)} for flag -${name}: parse error`);
}
