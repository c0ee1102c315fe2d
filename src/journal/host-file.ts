import { createHash } from 'node:crypto';

/** Characters of an encoded name; file systems take 255. */
const LONGEST = 150;

/**
 * The file that holds a host's entries. A name is data: whatever it holds, the file lies in the folder, and two names
 * never share one, also where the file system does not tell upper from lower case.
 */
export function hostFile(name: string): string {
  const bytes = Buffer.from(name, 'utf8');
  const encoded = [...bytes].map(encodedByte).join('').replace(/^\./, '%2E');
  const isWhole = bytes.toString('utf8') === name && encoded.length <= LONGEST;
  if (isWhole) return `${encoded}.ndjson`;
  // A lone surrogate has no UTF-8 of its own, so the digest is of UTF-16.
  const digest = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest('hex').slice(0, 32);
  return `${encoded.slice(0, LONGEST - 40)}~${digest}.ndjson`;
}

function encodedByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[a-z0-9._-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The name that a file was made for, where the file's name tells it. */
export function hostOfFile(file: string): string | undefined {
  const encoded = /^(.*)\.ndjson$/.exec(file)?.[1];
  if (encoded === undefined || encoded.includes('~')) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
