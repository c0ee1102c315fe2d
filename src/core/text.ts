/**
 * Text from a host, a file or etcd made safe to print: control characters (escape codes, carriage returns, NULs,
 * bidirectional overrides) become visible escapes. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same on one line and no longer than `limit` characters. */
export function printableLine(text: string, limit = 300): string {
  const line = printable(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** `1 host`, `2 hosts`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
