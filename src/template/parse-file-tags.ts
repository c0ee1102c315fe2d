import type { Statement } from './ast.js';
import { parseExpression } from './parse-expression.js';
import type { TokenStream } from './token-stream.js';

export type TagParser = (stream: TokenStream, at: number) => Statement;

/** The tags that bring other template files in. */
export const FILE_TAGS: Readonly<Record<string, TagParser>> = {
  include(stream, at) {
    const template = parseExpression(stream);
    const ignoreMissing = stream.is('name', 'ignore') && stream.next.value === 'missing';
    if (ignoreMissing) {
      stream.take();
      stream.take();
    }
    const withContext = parseContext(stream) ?? true;
    stream.expect('tag-end');
    return { kind: 'include', template, ignoreMissing, withContext, at };
  },
  import(stream, at) {
    const template = parseExpression(stream);
    stream.expect('name', 'as');
    const name = stream.expect('name').value as string;
    const withContext = parseContext(stream) ?? false;
    stream.expect('tag-end');
    return { kind: 'import', template, name, withContext, at };
  },
  from(stream, at) {
    const template = parseExpression(stream);
    stream.expect('name', 'import');
    const names: [string, string][] = [];
    let context = parseContext(stream);
    while (context === undefined && stream.is('name')) {
      names.push(parseImported(stream));
      const isMore = stream.skip('operator', ',');
      context = parseContext(stream);
      if (!isMore) break;
    }
    stream.expect('tag-end');
    return { kind: 'from-import', template, names, withContext: context ?? false, at };
  },
  extends(stream, at) {
    const template = parseExpression(stream);
    stream.expect('tag-end');
    return { kind: 'extends', template, at };
  },
};

function parseImported(stream: TokenStream): [string, string] {
  const { value, at } = stream.expect('name');
  const name = value as string;
  if (name.startsWith('_')) throw stream.error('names that start with an underscore cannot be imported', at);
  return [name, stream.skip('name', 'as') ? (stream.expect('name').value as string) : name];
}

/** `with context` or `without context`. */
function parseContext(stream: TokenStream): boolean | undefined {
  if (!stream.is('name', 'with', 'without') || stream.next.value !== 'context') return undefined;
  const isWith = stream.take().value === 'with';
  stream.take();
  return isWith;
}
