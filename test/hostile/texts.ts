import { expect } from 'vitest';

const DEEP = 100_000;

const COMMAND = '$(touch CANARY)`touch CANARY`';
const COLOURS = '\x1b[31;5m\x1b]0;title\x07\x1b[2J\x1b[H';
const CLIPBOARD = '\x1b]8;;http://x/\x1b\\here\x1b]8;;\x1b\\\x1b]52;c;Y2FuYXJ5\x07';
const DEVICE = '\x1bP$q"p\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\\x1bX';
const C1 = '\u009b31m\u0090q\u009c\u009d0;x\u009c\u0085';
const TURNED = '\u202eexe.txt\u202c\u2066\u2069\u200f\u061c';
const NO_WIDTH = 'a\u200bb\u200c\u2060\ufeff\u00ad\u2028\u2029\u{e0041}\u180e';

export interface HostileText {
  readonly about: string;
  readonly text: string;
}

/** Texts that a host, a unit file or etcd may hold, each of which some program has fallen for. */
export const HOSTILE: readonly HostileText[] = [
  { about: 'nothing', text: '' },
  { about: 'commands and quotes', text: `x${COMMAND}'; touch CANARY; '"; touch CANARY; "\\'\\"` },
  { about: 'a word of commands', text: `x${COMMAND};touch\${IFS}CANARY;'"` },
  { about: 'lines of commands', text: 'a\ntouch CANARY\n\n|| touch CANARY &\n' },
  { about: 'expansions and options', text: '--help -rf ${IFS}~root/* !! %n %s {a,b} $((1/0)) {{ 7 * 7 }} {% raw %}' },
  { about: 'NULs', text: 'a\0b\0' },
  { about: 'escape codes', text: `${COLOURS}${CLIPBOARD}${DEVICE}${C1}` },
  { about: 'carriage returns', text: 'bad\rgood\r\n\b\b\b\v\f' },
  { about: 'what is not seen', text: `${TURNED}${NO_WIDTH}\ud83d\udc00\udc00\ufffd` },
  { about: 'prototypes', text: '__proto__=1\nconstructor=2\nFLANNELD___proto__=1 toString hasOwnProperty' },
  { about: 'a prototype', text: '__proto__' },
  { about: 'numbers', text: '1e999 -0 99999999999999999999999999999999 0x7f 017 NaN Infinity' },
  {
    about: 'JSON with a prototype and numbers',
    text: '{"__proto__":{"PublicIP":"1.2.3.4"},"constructor":{},"PublicIP":1e999,"Network":99999999999999999999}',
  },
];

/** Texts of a size that a host may say, and a larger one. */
export const HUGE: readonly HostileText[] = [
  { about: 'deep JSON', text: `${'['.repeat(DEEP)}${']'.repeat(DEEP)}` },
  { about: 'deep objects', text: `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}` },
  { about: '250 kB of a word', text: 'a'.repeat(250_000) },
  { about: '250 kB of lines', text: 'ab=c\n'.repeat(50_000) },
  { about: '250 kB of quotes', text: `'"\\\``.repeat(62_500) },
  { about: '250 kB of blanks', text: `x${' '.repeat(250_000)}x` },
  { about: '250 kB of words', text: '-iface=a '.repeat(28_000) },
  { about: '10 MB of escape codes in lines', text: '\x1b[31m\n'.repeat(1_700_000) },
];

/** Whatever drives a terminal or deceives a reader; line feeds and tabs are looked for where there must be none. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/u;

export function expectHarmless(text: string): void {
  const found = UNSEEN.exec(text);
  expect(found && JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 20))).toBeNull();
}

/** What a shell reads in a script, single-quoted words left out. */
export function outsideQuotes(script: string): string {
  return script.replaceAll(/\\.|'[^']*'/gs, ' ');
}
