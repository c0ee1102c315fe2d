import { withoutControls } from '../core/printable.js';

/** Two characters that no XML may hold are not among the controls. */
const NEVER_IN_XML = /[\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
};

/** Text between tags: no tag, entity or section comes of it; characters that XML forbids become visible escapes. */
export function xmlText(text: string): string {
  return visible(text).replace(/[&<>]/g, (char) => ENTITIES[char] as string);
}

/** The value of an attribute between double quotes; a parser gives its line feeds back as they were. */
export function xmlAttribute(text: string): string {
  return visible(text).replace(/[&<>"\t\n]/g, (char) => ENTITIES[char] as string);
}

function visible(text: string): string {
  return withoutControls(text).replace(NEVER_IN_XML, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
