import { dictEntries } from './dict.js';
import { failed, undefinedUse } from './failure.js';
import { PartCount } from './limits.js';
import { compare } from './python-compare.js';
import { reprFloat, str } from './python-text.js';
import { isDict, isFloat, isList, PyFloat, Undefined } from './values.js';
import { analysed, type Scalar, YamlWriter } from './yaml-scalars.js';

export interface YamlOptions {
  /** Blanks for each level; a list in a dict is not indented, as PyYAML has it. */
  readonly indent: number;
  /** Longer lines of text are folded at a blank. */
  readonly widthColumns: number;
  readonly sortKeys: boolean;
  /** `[a, b]` for all, for none, or (`undefined`) for lists and dicts that hold only plain scalars. */
  readonly flow: boolean | undefined;
  readonly explicitStart: boolean;
  readonly defaultStyle?: string | undefined;
}

const MAX_DEPTH = 200;

type Node =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly flow: boolean }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Node, Node])[]; readonly flow: boolean };

/**
 * A value as PyYAML on libyaml writes it (1.1, Unicode allowed), except that a value that occurs twice is written twice, where
 * PyYAML would make an anchor of it.
 * @throws FixError `template/undefined`, `template/failed`
 * @see PyYAML 6.0 `emitter.py`, `representer.py`
 */
export function toYaml(value: unknown, options: YamlOptions): string {
  const indent = options.indent > 1 && options.indent < 10 ? options.indent : 2;
  const width = options.widthColumns > indent * 2 ? options.widthColumns : 80;
  const writer = new YamlWriter(width);
  const node = nodeOf(value, options, 0, new PartCount());
  if (options.explicitStart) writer.startDocument();
  new Emitter(writer, indent).node(node, { indent: undefined, place: 'root' });
  writer.endDocument();
  return writer.text;
}

function nodeOf(value: unknown, options: YamlOptions, depth: number, parts: PartCount): Node {
  parts.next();
  if (depth > MAX_DEPTH) throw failed('the value is nested too deeply for YAML');
  if (value instanceof Undefined) throw undefinedUse(value);
  if (isList(value)) {
    const items = value.map((item) => nodeOf(item, options, depth + 1, parts));
    return { kind: 'list', items, flow: options.flow ?? items.every(isPlain) };
  }
  if (isDict(value)) {
    const sorted = options.sortKeys ? sortedEntries(dictEntries(value)) : dictEntries(value);
    const entries = sorted.map(
      ([key, item]) => [nodeOf(key, options, depth + 1, parts), nodeOf(item, options, depth + 1, parts)] as const,
    );
    return { kind: 'dict', entries, flow: options.flow ?? entries.flat().every(isPlain) };
  }
  return { kind: 'scalar', scalar: scalarOf(value, options.defaultStyle) };
}

function isPlain(node: Node): boolean {
  return node.kind === 'scalar' && node.scalar.style === undefined;
}

/** Keys that have no order among each other stay as they are. */
function sortedEntries(entries: [unknown, unknown][]): [unknown, unknown][] {
  try {
    return [...entries].sort(([a], [b]) => compare(a, b));
  } catch {
    return entries;
  }
}

function scalarOf(value: unknown, style: string | undefined): Scalar {
  if (typeof value === 'string') return analysed(value, true, style);
  if (value === null || value === undefined) return analysed('null', false, undefined);
  if (typeof value === 'boolean') return analysed(String(value), false, undefined);
  if (isFloat(value)) return analysed(yamlFloat(value instanceof PyFloat ? value.value : value), false, undefined);
  if (typeof value === 'number') return analysed(str(value), false, undefined);
  return analysed(str(value), true, style);
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = reprFloat(value);
  return text.includes('.') || !text.includes('e') ? text : text.replace('e', '.0e');
}

interface Context {
  /** Where the collection around begins, in columns. */
  readonly indent: number | undefined;
  readonly place: 'root' | 'list' | 'key' | 'value';
}

class Emitter {
  #flowLevel = 0;

  constructor(
    readonly writer: YamlWriter,
    readonly step: number,
  ) {}

  node(node: Node, context: Context): void {
    if (node.kind === 'scalar') {
      const { place } = context;
      const indent = (context.indent ?? 0) + this.step;
      this.writer.scalar(node.scalar, { flow: this.#flowLevel > 0, key: place === 'key', indent });
    } else if (this.#flowLevel > 0 || node.flow || this.#isEmpty(node)) this.#flow(node, context.indent);
    else if (node.kind === 'list') this.#blockList(node.items, context);
    else this.#blockDict(node.entries, context.indent);
  }

  #isEmpty(node: Exclude<Node, { kind: 'scalar' }>): boolean {
    return (node.kind === 'list' ? node.items : node.entries).length === 0;
  }

  #blockList(items: readonly Node[], { indent, place }: Context): void {
    const indentless = place === 'value' && !this.writer.indention;
    const own = indent === undefined ? 0 : indentless ? indent : indent + this.step;
    for (const item of items) {
      this.writer.indentTo(own);
      this.writer.indicator('-', true, false, true);
      this.node(item, { indent: own, place: 'list' });
    }
  }

  #blockDict(entries: readonly (readonly [Node, Node])[], indent: number | undefined): void {
    const own = indent === undefined ? 0 : indent + this.step;
    for (const [key, value] of entries) {
      this.writer.indentTo(own);
      if (isSimpleKey(key)) {
        this.node(key, { indent: own, place: 'key' });
        this.writer.indicator(':', false);
      } else {
        this.writer.indicator('?', true, false, true);
        this.node(key, { indent: own, place: 'value' });
        this.writer.indentTo(own);
        this.writer.indicator(':', true, false, true);
      }
      this.node(value, { indent: own, place: 'value' });
    }
  }

  #flow(node: Exclude<Node, { kind: 'scalar' }>, indent: number | undefined): void {
    const [open, close] = node.kind === 'list' ? ['[', ']'] : ['{', '}'];
    const own = indent === undefined ? this.step : indent + this.step;
    this.writer.indicator(open as string, true, true);
    this.#flowLevel++;
    const members = node.kind === 'list' ? node.items.map((item) => [undefined, item] as const) : node.entries;
    for (const [index, [key, value]] of members.entries()) {
      if (index > 0) this.writer.indicator(',', false);
      if (this.writer.column > this.writer.width) this.writer.indentTo(own);
      if (key !== undefined) this.#flowKey(key, own);
      this.node(value, { indent: own, place: key === undefined ? 'list' : 'value' });
    }
    this.#flowLevel--;
    this.writer.indicator(close as string, false);
  }

  #flowKey(key: Node, indent: number): void {
    if (isSimpleKey(key)) {
      this.node(key, { indent, place: 'key' });
      this.writer.indicator(':', false);
      return;
    }
    this.writer.indicator('?', true);
    this.node(key, { indent, place: 'value' });
    if (this.writer.column > this.writer.width) this.writer.indentTo(indent);
    this.writer.indicator(':', true);
  }
}

function isSimpleKey(key: Node): boolean {
  if (key.kind === 'scalar') return key.scalar.text.length < 128 && key.scalar.text !== '' && !key.scalar.multiline;
  return (key.kind === 'list' ? key.items : key.entries).length === 0;
}
