/** Controls, what turns the direction of text, what has no width or breaks lines unasked, tags, halves of pairs. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/gu;

/** Characters that drive a terminal or deceive a reader as visible escapes; line feeds and tabs stay. */
export function withoutControls(text: string): string {
  return text.replace(UNSEEN, (char) => {
    const code = char.codePointAt(0) as number;
    if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for a JSON text, which says afterwards what it said before. */
export function jsonWithoutControls(json: string): string {
  return json.replace(UNSEEN, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
