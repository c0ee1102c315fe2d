import { FixError } from '../core/error.js';
import { PLAYBOOK_SYNTAX, type Syntax } from './lexer.js';

/** How a template file is written; the defaults are Ansible's. */
export interface TemplateFileOptions {
  /** The first line feed after a tag is no part of the text. Default: true. */
  readonly trimBlocks?: boolean | undefined;
  /** Blanks before a tag that starts its line are no part of the text. Default: false. */
  readonly lstripBlocks?: boolean | undefined;
  /** The line feeds at the file's end are kept. Default: true. */
  readonly keepTrailingNewline?: boolean | undefined;
  /** Where the file lies; templates that it includes are looked for there too. */
  readonly folder?: string | undefined;
  /** `{{` and its like, where the file's own language uses them. */
  readonly marks?: Partial<
    Pick<Syntax, 'printBegin' | 'printEnd' | 'tagBegin' | 'tagEnd' | 'commentBegin' | 'commentEnd'>
  >;
}

const HEADER = /^#jinja2:(.*)(?:\n|$)/;
const BOOLEANS: Readonly<Record<string, 'trimBlocks' | 'lstripBlocks'>> = {
  trim_blocks: 'trimBlocks',
  lstrip_blocks: 'lstripBlocks',
};
const MARKS: Readonly<Record<string, keyof NonNullable<TemplateFileOptions['marks']>>> = {
  variable_start_string: 'printBegin',
  variable_end_string: 'printEnd',
  block_start_string: 'tagBegin',
  block_end_string: 'tagEnd',
  comment_start_string: 'commentBegin',
  comment_end_string: 'commentEnd',
};

/** A file's text without its `#jinja2:` line, and the syntax that line and the options ask for. */
export function templateFile(text: string, options: TemplateFileOptions) {
  const header = HEADER.exec(text);
  const set: Record<string, unknown> = {};
  for (const pair of header?.[1]?.split(',') ?? []) setOption(pair, set);
  const syntax = {
    ...PLAYBOOK_SYNTAX,
    backslashes: 'python' as const,
    trimBlocks: options.trimBlocks ?? true,
    lstripBlocks: options.lstripBlocks ?? false,
    ...options.marks,
    ...set,
  };
  const source = header === null ? text : text.slice(header[0].length);
  return { source, syntax, keepTrailingNewline: options.keepTrailingNewline ?? true };
}

function setOption(pair: string, set: Record<string, unknown>): void {
  const [, name = '', value = ''] = /^\s*(\w+)\s*:\s*(.*?)\s*$/.exec(pair) ?? [];
  const flag = Object.hasOwn(BOOLEANS, name) ? BOOLEANS[name] : undefined;
  const mark = Object.hasOwn(MARKS, name) ? MARKS[name] : undefined;
  const text = /^(['"])(.+)\1$/.exec(value)?.[2];
  if (flag !== undefined && /^(?:true|false)$/i.test(value)) set[flag] = value.toLowerCase() === 'true';
  else if (mark !== undefined && text !== undefined) set[mark] = text;
  else {
    throw new FixError('template/syntax', `the template's first line sets what is not known: ${pair.trim()}`, {
      hint: `It may set ${[...Object.keys(BOOLEANS), ...Object.keys(MARKS)].join(', ')}.`,
    });
  }
}
