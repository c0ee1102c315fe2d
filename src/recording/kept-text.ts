import { MASK, masked } from '../core/mask.js';
import { looksSecret } from '../core/secret-names.js';
import { hidePasswords } from '../flannel/hide-passwords.js';

/** A text as it may be kept: known secrets, what stands under the names of secrets, and private keys are masked. */
export function keptText(text: string): string {
  return masked(withoutNamedSecrets(hidePasswords(withoutUrlPasswords(withoutPrivateKeys(text)))));
}

/** JSON data as it may be kept: its texts masked, what stands under a secret's name taken out. */
export function keptValue(value: unknown): unknown {
  if (typeof value === 'string') return keptText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(keptValue);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, item]) => [keptText(name), looksSecret(name) && !isEmpty(item) ? MASK : keptValue(item)]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === null || typeof value === 'boolean';
}

const KEY_BEGINS = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;

/** One without an end reaches to the end of the text. */
function withoutPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { index } of text.matchAll(KEY_BEGINS)) {
    if (index < at) continue;
    const end = text.indexOf('-----END', index);
    const border = end < 0 ? -1 : text.indexOf('KEY-----', end);
    pieces.push(text.slice(at, index), MASK);
    at = border < 0 ? text.length : border + 'KEY-----'.length;
  }
  return pieces.join('') + text.slice(at);
}

/** `https://user:password@host` */
function withoutUrlPasswords(text: string): string {
  return text.replace(/(:\/\/[^\s/@:"'\\]{0,200}:)[^\s/@"'\\]{1,500}@/g, `$1${MASK}@`);
}

const QUOTED_ASSIGNMENT = /(["'])([A-Za-z_][\w.-]{0,99})=((?:(?!\1)[^\n])+)\1/g;
const ASSIGNMENT = /(?<![\w.-])(-{0,2}[A-Za-z_][\w.-]{0,99})=("[^"\n]*"|'[^'\n]*'|[^\s"'\\]+)/g;
const OPTION = /(?<![\w.-])(--?[A-Za-z][\w.-]{0,99})([ \t]+)("[^"\n]*"|'[^'\n]*'|[^\s"'\\-][^\s"'\\]*)/g;

/** `NAME=value` and `--name value`, as units, environments and command lines have them. */
function withoutNamedSecrets(text: string): string {
  return text
    .replace(QUOTED_ASSIGNMENT, (all, quote: string, name: string) =>
      looksSecret(name) ? `${quote}${name}=${MASK}${quote}` : all,
    )
    .replace(ASSIGNMENT, (all, name: string, value: string) =>
      looksSecret(name) && value.length > 0 ? `${name}=${MASK}` : all,
    )
    .replace(OPTION, (all, name: string, gap: string) => (looksSecret(name) ? `${name}${gap}${MASK}` : all));
}
