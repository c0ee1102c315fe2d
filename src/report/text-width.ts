/** Marks that sit on the letter before them, and what is not seen. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Letters and signs of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a line takes. */
export function textWidth(line: string): number {
  let width = 0;
  for (const char of line) width += NO_WIDTH.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}
