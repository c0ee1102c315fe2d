import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node runs this in a thread of its own, and asks it for each import (`node:module`, `register`).

/** What a URL of a project's module has behind its path, and all that it imports from its own files. */
export const MARK = 'fix-flannel-library';

interface Context {
  readonly parentURL?: string | undefined;
  readonly format?: string | null | undefined;
}
interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source: string | ArrayBuffer | Uint8Array;
  readonly shortCircuit?: boolean;
}

let ours = '';

/** @param entry the URL of what `fix-flannel/module` stands for: a project need not install this program */
export function initialize({ entry }: { readonly entry: string }): void {
  ours = entry;
}

export async function resolve(
  name: string,
  context: Context,
  next: (name: string, context: Context) => Promise<Resolved>,
): Promise<Resolved> {
  const mark = markOf(context.parentURL);
  if (mark === undefined) return next(name, context);
  if (name === 'fix-flannel/module') return { url: ours, shortCircuit: true };
  const found = await next(name, context);
  const isOwn = found.url.startsWith('file:') && !found.url.includes('/node_modules/');
  return isOwn && markOf(found.url) === undefined ? { ...found, url: `${found.url}?${mark}` } : found;
}

export async function load(
  url: string,
  context: Context,
  next: (url: string, context: Context) => Promise<Loaded>,
): Promise<Loaded> {
  if (markOf(url) === undefined) return next(url, context);
  const path = fileURLToPath(new URL(url));
  if (extname(path) === '.js') return next(url, { ...context, format: 'module' });
  if (extname(path) !== '.ts') return next(url, context);
  const { withoutTypes } = await import('./strip-types.js');
  return { format: 'module', source: withoutTypes(path), shortCircuit: true };
}

/** `fix-flannel-library=...` of a URL. */
function markOf(url: string | undefined): string | undefined {
  const query = url === undefined ? -1 : url.indexOf(`?${MARK}=`);
  return query < 0 ? undefined : (url as string).slice(query + 1);
}
