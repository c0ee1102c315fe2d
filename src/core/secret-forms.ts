import { withoutControls } from './printable.js';

/**
 * The forms in which a secret may turn up in what programs print: as it is, quoted for a shell, YAML, Python, HTML or a
 * URL, each of these in JSON and in JSON in JSON, in hexadecimal, and inside a longer text in base64. Each once; some
 * may be short.
 */
export function encodedForms(secret: string): ReadonlySet<string> {
  const bytes = Buffer.from(secret, 'utf8');
  const quotings = [
    secret,
    inAsciiJson(secret),
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll("'", "''"),
    backslashed(secret),
    inDoubleQuotes(secret),
    ...pythonForms(secret),
    ...htmlForms(secret),
    ...urlForms(secret),
    withoutControls(secret),
    withoutControls(secret).replaceAll('\n', '\\n').replaceAll('\t', ' '),
  ];
  const inTexts = quotings.flatMap((form) => [form, inJson(form), inJson(inJson(form))]);
  const hex = bytes.toString('hex');
  return new Set([...inTexts, hex, hex.toUpperCase(), ...base64Forms(bytes)]);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inAsciiJson(text: string): string {
  return inJson(text).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As bash's `printf %q` and `set -x` write a word without quotes. */
function backslashed(text: string): string {
  return text.replace(/[^\w@%+=:,./-]/g, (char) => `\\${char}`);
}

function inDoubleQuotes(text: string): string {
  return text.replace(/["\\$`]/g, (char) => `\\${char}`);
}

/** `repr()` of the text and of its bytes. */
function pythonForms(text: string): string[] {
  const escaped = (source: string) =>
    source
      .replaceAll('\\', '\\\\')
      .replace(/[\n\r\t]/g, (char) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[char] as string)
      .replace(/[\u0000-\u001f\u007f-\u00a0\u00ad]/g, (char) => `\\x${hex2(char.charCodeAt(0))}`);
  const ofText = escaped(text);
  const ofBytes = [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte < 128 ? escaped(String.fromCharCode(byte)) : `\\x${hex2(byte)}`))
    .join('');
  return [ofText, ofBytes].flatMap((form) => [form, form.replaceAll("'", "\\'")]);
}

function htmlForms(text: string): string[] {
  const basic = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    basic,
    basic.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    basic.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
    basic.replaceAll('"', '&quot;').replaceAll("'", '&#x27;'),
  ];
}

function urlForms(text: string): string[] {
  const all = percentEncoded(text, /[A-Za-z0-9_.~-]/);
  const forms = [
    all,
    percentEncoded(text, /[A-Za-z0-9_.~!'()*-]/),
    percentEncoded(text, /[A-Za-z0-9_.~/-]/),
    percentEncoded(text, /[A-Za-z0-9_.~!'()*;/?:@&=+$,#-]/),
  ];
  const withPlus = forms.map((form) => form.replaceAll('%20', '+'));
  const lower = (form: string) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [...forms, ...withPlus].flatMap((form) => [form, lower(form)]);
}

function percentEncoded(text: string, kept: RegExp): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return byte < 128 && kept.test(char) ? char : `%${hex2(byte).toUpperCase()}`;
    })
    .join('');
}

/** In base64 a text has one of three faces, by where it starts in what is encoded; what surrounds it blurs its ends. */
function base64Forms(bytes: Buffer): string[] {
  const faces = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((before * 8) / 6), whole);
  });
  const standard = [...faces, bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, '')];
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function hex2(code: number): string {
  return code.toString(16).padStart(2, '0');
}
