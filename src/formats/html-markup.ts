import { withoutControls } from '../core/printable.js';

/** HTML that is safe to stand in a page: only `markup` and `trusted` make it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: texts and numbers are escaped, `null`, `false` and `undefined` are nothing. */
export type Piece = Markup | string | number | null | undefined | false | readonly Piece[];

/**
 * Makes HTML out of a template. Each value is escaped for the place at which it stands: as text between tags, or as
 * the value of an attribute between double quotes.
 *
 * @throws Error where a value stands anywhere else (in a tag's or an attribute's name, or unquoted), or markup stands in
 *   an attribute: mistakes of whoever writes a template, whatever the value
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  let place: Place = 'text';
  let text = '';
  for (const [at, part] of parts.entries()) {
    text += part;
    place = placeAfter(part, place);
    if (at >= values.length) continue;
    if (place === 'tag') throw new Error(`a value may not stand inside a tag: ${part.slice(-40)}`);
    text += place === 'text' ? pieceText(values[at]) : escapeAttribute(attributeText(values[at]));
  }
  return new Markup(text);
}

/** Text of our own that is no markup of a template: the style sheet, the script. Never anything from a report. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Text between tags: no element, entity or control character comes of it. */
export function escapeText(text: string): string {
  return withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The value of an attribute between double quotes; line feeds and tabs stay. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('`', '&#96;');
}

type Place = 'text' | 'tag' | 'quoted';

/** Where a template stands behind one more part of it. Templates quote attributes with `"` and have no comments. */
function placeAfter(part: string, before: Place): Place {
  let place = before;
  for (const char of part) {
    if (place === 'text') place = char === '<' ? 'tag' : 'text';
    else if (place === 'tag') place = char === '>' ? 'text' : char === '"' ? 'quoted' : 'tag';
    else if (char === '"') place = 'tag';
  }
  return place;
}

function pieceText(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(pieceText).join('');
  return escapeText(String(piece));
}

function attributeText(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (typeof piece === 'object') throw new Error('markup may not stand in an attribute');
  return String(piece);
}
