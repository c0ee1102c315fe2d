import { neverShow } from './mask.js';
import { printableLine } from './text.js';
import { plainScalar, taggedScalar } from './yaml-scalar.js';

/** A text that Ansible treats apart: `!unsafe` is never a template, `!vault` is encrypted. */
export class TaggedText {
  readonly tag: '!unsafe' | '!vault';
  readonly text: string;
  #open: (() => string) | undefined;
  #opened: string | undefined;

  /** @param open of an encrypted text: what it says; called at most once, when somebody asks */
  constructor(tag: '!unsafe' | '!vault', text: string, open?: () => string) {
    this.tag = tag;
    this.text = text;
    this.#open = open;
  }

  /**
   * What it says: of an encrypted text the plain one, which is masked from then on.
   * @throws FixError `vault/password`, `vault/format`
   */
  reveal(): string {
    if (this.tag === '!unsafe') return this.text;
    if (this.#opened === undefined && this.#open) {
      this.#opened = this.#open();
      this.#open = undefined;
      neverShow(this.#opened);
    }
    return this.#opened ?? this.text;
  }

  toString(): string {
    return this.tag === '!unsafe' ? this.text : '[encrypted]';
  }
}

/** A document's nodes as written; `offset` counts characters from the start of the text. */
export type YamlNode = { readonly offset: number; readonly tag?: string; readonly anchor?: string } & (
  | { readonly kind: 'scalar'; readonly text: string; readonly plain: boolean }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[] }
  | { readonly kind: 'mapping'; readonly pairs: readonly YamlPair[] }
  | { readonly kind: 'alias'; readonly name: string }
);
export interface YamlPair {
  readonly key: YamlNode;
  readonly value: YamlNode;
}
type Mapping = Extract<YamlNode, { kind: 'mapping' }>;

/** Levels of lists and mappings inside each other, aliases followed. */
export const MAX_DEPTH = 64;
/** How many values aliases may add to those that are written out. */
const MAX_ALIASED = 1_000_000;

/** Refuses the document, at an offset. */
export type Fail = (what: string, hint: string, offset: number) => never;
export type Warn = (what: string, offset: number) => void;
/** How an encrypted text that stands at an offset is opened, should anybody use it. */
export type OpenLater = (text: string, offset: number) => () => string;

/** A value with what it weighs once its aliases are written out. */
interface Weighed {
  readonly value: unknown;
  readonly size: number;
  readonly depth: number;
}

/**
 * Makes plain data of a document's nodes by the rules of PyYAML and of Ansible's constructor: merge keys and aliases
 * resolved, the last of equal keys used. Mappings become objects without a prototype.
 */
export class DataReader {
  readonly #fail: Fail;
  readonly #warn: Warn;
  readonly #openLater: OpenLater;
  readonly #anchors = new Map<string, { node: YamlNode; read?: Weighed }>();
  readonly #targets = new Map<YamlNode, YamlNode>();
  #written = 0;
  #unsafe = false;

  constructor(fail: Fail, warn: Warn, openLater: OpenLater) {
    this.#fail = fail;
    this.#warn = warn;
    this.#openLater = openLater;
  }

  /** The data of a whole document. Anchors are known in the order of the text, so read it once, from the top. */
  read(root: YamlNode): unknown {
    return this.#weighed(root).value;
  }

  /** What a node stands for: itself, or the node that an alias names. */
  target(node: YamlNode): YamlNode {
    return this.#targets.get(node) ?? node;
  }

  /** The text that a key becomes. */
  keyText(key: YamlNode): string {
    const node = this.target(key);
    if (node.kind === 'scalar') return String(this.#scalar(node, node.text));
    const hint =
      node.kind === 'mapping' ? 'Put a value that starts with {{ in quotes: "{{ name }}".' : 'Make the key a text.';
    return this.#fail('a key has to be a text, not a list or mapping', hint, key.offset);
  }

  #weighed(node: YamlNode): Weighed {
    if (node.kind === 'alias') return this.#alias(node, node.name);
    this.#written += 1;
    const anchor: { node: YamlNode; read?: Weighed } = { node };
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, anchor);
    const read = node.kind === 'scalar' ? this.#leaf(this.#scalar(node, node.text)) : this.#collection(node);
    if (read.depth > MAX_DEPTH) this.#fail(TOO_DEEP, 'Write it with fewer levels inside each other.', node.offset);
    if (read.size > this.#written + MAX_ALIASED) {
      this.#fail('the aliases here multiply to over a million values', 'Use fewer aliases.', node.offset);
    }
    anchor.read = read;
    return read;
  }

  #leaf(value: unknown): Weighed {
    return { value, size: 1, depth: 0 };
  }

  #alias(node: YamlNode, name: string): Weighed {
    const anchor = this.#anchors.get(name);
    const shown = printableLine(name, 60);
    if (!anchor) return this.#fail(`*${shown} names no anchor above it`, `Put &${shown} before it.`, node.offset);
    if (!anchor.read) return this.#fail(`*${shown} stands inside itself`, 'Write the value out.', node.offset);
    this.#targets.set(node, anchor.node);
    return anchor.read;
  }

  #scalar(node: Extract<YamlNode, { kind: 'scalar' }>, text: string): unknown {
    const { tag, plain, offset } = node;
    if (tag === '!vault' || tag === '!vault-encrypted') {
      return new TaggedText('!vault', text, this.#openLater(text, offset));
    }
    if (tag === '!unsafe') return new TaggedText('!unsafe', text);
    const untagged = plain ? plainScalar(text) : text;
    const value = tag === undefined ? untagged : taggedScalar(tag, text);
    if (value === undefined) return this.#unfitTag(node);
    return this.#unsafe && typeof value === 'string' ? new TaggedText('!unsafe', value) : value;
  }

  #unfitTag({ tag, offset }: YamlNode): never {
    const shown = printableLine((tag ?? '').replace('tag:yaml.org,2002:', '!!'), 60);
    const hint = 'Remove it; !vault, !unsafe, !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are known.';
    return this.#fail(`the tag ${shown} is not known, or does not fit this value`, hint, offset);
  }

  #collection(node: Exclude<YamlNode, { kind: 'scalar' | 'alias' }>): Weighed {
    const { tag } = node;
    const own = node.kind === 'mapping' ? 'map' : 'seq';
    if (tag !== undefined && tag !== '!' && tag !== '!unsafe' && tag !== `tag:yaml.org,2002:${own}`) {
      this.#unfitTag(node);
    }
    const around = this.#unsafe;
    if (tag === '!unsafe') this.#unsafe = true;
    const read = node.kind === 'mapping' ? this.#mapping(node) : this.#list(node.items);
    this.#unsafe = around;
    return read;
  }

  #list(items: readonly YamlNode[]): Weighed {
    const read = items.map((item) => this.#weighed(item));
    return { value: read.map((item) => item.value), ...weightOf(read) };
  }

  #mapping(node: Mapping): Weighed {
    const value: Record<string, unknown> = Object.create(null);
    const parts: Weighed[] = [];
    const own = new Map<string, unknown>();
    for (const pair of node.pairs) {
      this.#resolveKey(pair.key);
      const part = this.#weighed(pair.value);
      parts.push(part);
      if (isMergeKey(pair.key)) Object.assign(value, this.#mergeSource(pair, part.value));
      else this.#setOwn(own, pair.key, part.value);
    }
    for (const [name, item] of own) value[name] = item;
    return { value, ...weightOf(parts) };
  }

  /** A key may be an alias or carry an anchor of its own. */
  #resolveKey(key: YamlNode): void {
    if (key.kind === 'alias') this.#alias(key, key.name);
    else if (key.anchor !== undefined) this.#weighed(key);
  }

  #setOwn(own: Map<string, unknown>, key: YamlNode, value: unknown): void {
    const name = this.keyText(key);
    if (own.has(name)) {
      this.#warn(`the key ${printableLine(name, 60)} stands twice in one mapping; its last value is used`, key.offset);
    }
    own.set(name, value);
  }

  /** What a merge key brings in; of several mappings the first one wins. */
  #mergeSource({ value: node }: YamlPair, value: unknown): Record<string, unknown> {
    const sources = Array.isArray(value) ? [...value].reverse() : [value];
    const merged: Record<string, unknown> = Object.create(null);
    for (const source of sources) {
      if (!isPlainMapping(source)) {
        return this.#fail(
          '<< merges mappings, and this is none',
          'Name the anchor of a mapping: <<: *name',
          node.offset,
        );
      }
      Object.assign(merged, source);
    }
    return merged;
  }
}

export const TOO_DEEP = `this is nested over ${MAX_DEPTH} levels deep`;

/** A plain `<<` key, whose value is merged into the mapping. */
export function isMergeKey(key: YamlNode): boolean {
  return key.kind === 'scalar' && key.plain && key.text === '<<' && key.tag === undefined;
}

function weightOf(parts: readonly Weighed[]): { size: number; depth: number } {
  let size = 1;
  let depth = 0;
  for (const part of parts) {
    size += part.size;
    if (part.depth > depth) depth = part.depth;
  }
  return { size, depth: depth + 1 };
}

function isPlainMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TaggedText);
}
