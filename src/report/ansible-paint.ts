/** What a piece of output is, as Ansible colours it. */
export type AnsibleTone =
  | 'ok'
  | 'changed'
  | 'skipped'
  | 'failed'
  | 'unreachable'
  | 'warning'
  | 'debug'
  | 'verbose'
  | 'added'
  | 'removed'
  | 'hunk';

/** Colours a text, or leaves it as it is. */
export type AnsiblePaint = (tone: AnsibleTone, text: string) => string;

/** Parameters of the escape code that sets each colour: ansible-core's defaults. */
const CODES: Readonly<Record<AnsibleTone, string>> = {
  ok: '0;32',
  changed: '0;33',
  skipped: '0;36',
  failed: '0;31',
  unreachable: '1;31',
  warning: '1;35',
  debug: '1;30',
  verbose: '0;34',
  added: '0;32',
  removed: '0;31',
  hunk: '0;36',
};

export const ansiblePlain: AnsiblePaint = (_, text) => text;

/** Each line is coloured by itself, so that a pager may begin with any of them. */
export const ansibleColoured: AnsiblePaint = (tone, text) =>
  text
    .split('\n')
    .map((line) => `\u001b[${CODES[tone]}m${line}\u001b[0m`)
    .join('\n');
