/**
 * What a plain scalar means to PyYAML, which is how Ansible reads every file (YAML 1.1).
 *
 * Timestamps stay text, as does an integer that a JavaScript number cannot hold exactly.
 *
 * @param text the scalar as written, without quotes
 * @see PyYAML 6.0 `resolver.py` (the expressions) and `constructor.py` (the values)
 */
export function plainScalar(text: string): string | number | boolean | null {
  if (NULL.test(text)) return null;
  const truth = boolean(text);
  if (truth !== undefined) return truth;
  if (!/^[-+.0-9]/.test(text)) return text;
  return integer(text) ?? float(text) ?? text;
}

/** The value of a scalar that names its type (`!!int "5"`); undefined where the tag is unknown or does not fit. */
export function taggedScalar(tag: string, text: string): string | number | boolean | null | undefined {
  switch (tag.replace('tag:yaml.org,2002:', '!!')) {
    case '!':
    case '!!str':
      return text;
    case '!!int':
      return integer(text);
    case '!!float':
      return float(text) ?? integer(text);
    case '!!bool':
      return boolean(text);
    case '!!null':
      return NULL.test(text) ? null : undefined;
    default:
      return undefined;
  }
}

const NULL = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = new RegExp(
  '^[-+]?(?:(?<bin>0b[01_]+)|(?<oct>0[0-7_]+)|(?<dec>0|[1-9][0-9_]*)|(?<hex>0x[0-9a-fA-F_]+)' +
    '|(?<base60>[1-9][0-9_]*(?::[0-5]?[0-9])+))$',
);
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const FLOAT_BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;

function boolean(text: string): boolean | undefined {
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : undefined;
}

/** `0644`, `0x1f`, `0b101`, `1_000`, `1:30`. */
function integer(text: string): number | undefined {
  const groups = INTEGER.exec(text)?.groups;
  if (!groups) return undefined;
  const size = magnitude(groups);
  // `-0` is plain zero in Python.
  const value = text.startsWith('-') && size !== 0 ? -size : size;
  return Number.isSafeInteger(value) ? value : undefined;
}

function magnitude({ bin, oct, hex, base60: sixties, dec }: Record<string, string | undefined>): number {
  const plain = (digits: string) => digits.replaceAll('_', '');
  if (bin !== undefined) return Number.parseInt(plain(bin).slice(2), 2);
  if (hex !== undefined) return Number.parseInt(plain(hex).slice(2), 16);
  if (oct !== undefined) return Number.parseInt(plain(oct), 8);
  return base60(sixties ?? dec ?? '');
}

/** `1.5e+3`, `.5`, `1:30.5`, `-.inf`. */
function float(text: string): number | undefined {
  if (FLOAT.test(text)) return Number.parseFloat(text.replaceAll('_', ''));
  if (FLOAT_BASE60.test(text)) return (text.startsWith('-') ? -1 : 1) * base60(text.replace(/^[-+]/, ''));
  if (NOT_A_NUMBER.test(text)) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (!infinite) return undefined;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function base60(text: string): number {
  return text
    .replaceAll('_', '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}
