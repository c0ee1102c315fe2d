import { printableLine } from '../core/text.js';

/**
 * Names for a line of text: all of them while they fit, else the first ones and how many more there are.
 * Runs of numbered names are folded as an inventory would write them: `node[1:40]`.
 *
 * @param room columns there are
 */
export function hostList(names: readonly string[], room = 60): string {
  const folded = foldRanges(names.map((name) => printableLine(name, 60)));
  const whole = folded.join(', ');
  if (whole.length <= room) return whole;
  const shown: string[] = [];
  let width = 0;
  for (const name of folded) {
    if (shown.length > 0 && width + name.length + 2 > room - 12) break;
    shown.push(name);
    width += name.length + 2;
  }
  const more = folded.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

const NUMBERED = /^(.*?)(\d+)(\D*)$/;

function foldRanges(names: readonly string[]): string[] {
  const folded: string[] = [];
  for (let from = 0; from < names.length; ) {
    let to = from;
    while (to + 1 < names.length && follows(names[to] as string, names[to + 1] as string)) to++;
    if (to - from >= 3) {
      const [, head = '', first = '', tail = ''] = NUMBERED.exec(names[from] as string) ?? [];
      const last = NUMBERED.exec(names[to] as string)?.[2] ?? '';
      folded.push(`${head}[${first}:${last}]${tail}`);
    } else {
      folded.push(...names.slice(from, to + 1));
    }
    from = to + 1;
  }
  return folded;
}

function follows(one: string, next: string): boolean {
  const [, head, number, tail] = NUMBERED.exec(one) ?? [];
  const [, nextHead, nextNumber, nextTail] = NUMBERED.exec(next) ?? [];
  if (number === undefined || nextNumber === undefined || head !== nextHead || tail !== nextTail) return false;
  const padded = number.startsWith('0') || nextNumber.startsWith('0');
  return Number(nextNumber) === Number(number) + 1 && (!padded || number.length === nextNumber.length);
}
