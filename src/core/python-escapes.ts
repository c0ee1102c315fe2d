/** Escapes that a string literal and the replacement of a regular expression have in common. */
export const PLAIN_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
};

/** Those of a string literal. */
export const STRING_ESCAPES: Readonly<Record<string, string>> = {
  ...PLAIN_ESCAPES,
  "'": "'",
  '"': '"',
  '\n': '',
};
