/** A value as JSON data: addresses and ranges as text, bytes as UTF-8 text, maps as objects, undefined left out. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if ('toCidrString' in value && typeof value.toCidrString === 'function') return value.toCidrString();
  if ('octetCount' in value || 'hextets' in value || 'octets' in value) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(
    entries.filter(([, item]) => item !== undefined).map(([key, item]) => [String(key), plain(item)]),
  );
}
