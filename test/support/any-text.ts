import fc from 'fast-check';

/** Any character of Unicode, half of them below U+0100. `fc`'s own `binary` takes two seconds to be made. */
const character = fc
  .oneof(fc.nat(0xff), fc.nat(0xff), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));

/** Any text of whole characters, also controls and what is not seen. */
export function anyText(limits: { readonly minLength?: number; readonly maxLength?: number } = {}) {
  return fc.string({ ...limits, unit: character });
}
