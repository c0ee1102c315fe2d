import type { DataReader, YamlNode } from './yaml-data.js';
import { isMergeKey } from './yaml-data.js';

export type YamlPath = readonly (string | number)[];

/** What a path leads to: the node, and the key or list item that it hangs on. */
export interface Place {
  readonly node: YamlNode;
  /** The key of a mapping's entry, the item itself in a list. */
  readonly handle: YamlNode;
}

/** Finds the nodes behind the parts of a document's data, through aliases and merge keys. */
export class Places {
  readonly #root: YamlNode;
  readonly #reader: DataReader;
  readonly #indexes = new Map<YamlNode, ReadonlyMap<string, Place>>();

  constructor(root: YamlNode, reader: DataReader) {
    this.#root = root;
    this.#reader = reader;
  }

  /** The node at a path, or its nearest parent's. */
  find(path: YamlPath): { place: Place; exact: boolean } {
    let place: Place = { node: this.#root, handle: this.#root };
    for (const step of path) {
      const next = this.entries(place.node).get(String(step));
      if (!next) return { place, exact: false };
      place = next;
    }
    return { place, exact: true };
  }

  /** The entries of a mapping or list in the order of the text; none of a scalar. */
  entries(node: YamlNode): ReadonlyMap<string, Place> {
    const target = this.#reader.target(node);
    const known = this.#indexes.get(target);
    if (known) return known;
    const entries = new Map<string, Place>();
    if (target.kind === 'list') {
      target.items.forEach((item, index) => void entries.set(String(index), { node: item, handle: item }));
    } else if (target.kind === 'mapping') {
      this.#addEntries(entries, target);
    }
    this.#indexes.set(target, entries);
    return entries;
  }

  #addEntries(entries: Map<string, Place>, { pairs }: Extract<YamlNode, { kind: 'mapping' }>): void {
    for (const { key, value } of pairs) if (isMergeKey(key)) this.#addMerged(entries, value);
    for (const { key, value } of pairs) {
      if (!isMergeKey(key)) entries.set(this.#reader.keyText(key), { node: value, handle: key });
    }
  }

  #addMerged(entries: Map<string, Place>, merged: YamlNode): void {
    const target = this.#reader.target(merged);
    const sources = target.kind === 'list' ? [...target.items].reverse() : [target];
    for (const source of sources) for (const [name, place] of this.entries(source)) entries.set(name, place);
  }
}
