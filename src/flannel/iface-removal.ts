import { type Refusal, refusal } from './exec-start.js';
import { type Flag, flagsOf, IFACE_FLAGS, withoutIfaceFlags } from './flanneld-flags.js';
import type { FlanneldSite } from './flanneld-site.js';
import type { CommandWord, Variable } from './marked-text.js';
import type { Removal } from './text-edit.js';

/** A name or an IPv4 address that is safe in a unit, a shell and an environment file without quotes. */
export function isSafeIface(iface: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(iface);
}

/** Whether the interface is the only one that flanneld is told, by flag or (with no flag) by `FLANNELD_IFACE`. */
export function hasOnlyIface(
  { words }: Pick<FlanneldSite, 'words'>,
  environment: Readonly<Record<string, string>>,
  iface: string,
): 'flag' | 'environment' | undefined {
  const flags = ifaceFlags(words).filter((flag) => flag.live);
  const [only] = flags;
  if (!only) return environment.FLANNELD_IFACE === iface ? 'environment' : undefined;
  return flags.length === 1 && only.name === 'iface' && only.value === iface ? 'flag' : undefined;
}

function ifaceFlags(words: readonly CommandWord[]): Flag[] {
  return flagsOf(words.slice(1).map((word) => word.text.text)).filter((flag) => IFACE_FLAGS.has(flag.name));
}

/** A word to take out, and the variable that it is taken out of, if it is not on the command line itself. */
export interface IfaceWord extends Removal {
  readonly variable: Variable | undefined;
}

/**
 * Every word that chooses flanneld's interface, where it is written.
 * @param bounds the span of the command in its file, from which blanks may be taken
 */
export function ifaceWords(
  words: readonly CommandWord[],
  bounds: { readonly from: number; readonly to: number },
): IfaceWord[] | Refusal {
  const args = words.slice(1);
  const found: IfaceWord[] = [];
  for (const flag of ifaceFlags(words)) {
    const held = args.slice(flag.from, flag.to).find((word) => /\s/.test(flag.value) && holdsVariable(word));
    if (held) return notSeparable(held);
    const first = variableOf(args[flag.from] as CommandWord);
    for (const word of args.slice(flag.from, flag.to)) {
      const variable = variableOf(word);
      const valueOnly = variable !== undefined && first !== variable;
      if (valueOnly && args.filter((other) => other.start === word.start && other.path === word.path).length > 1) {
        return notSeparable(word);
      }
      found.push(
        variable && !valueOnly ? inVariable(word, variable) : { ...spanIn(word), ...bounds, variable: undefined },
      );
    }
  }
  return found;
}

/** Part of the word came out of a variable that is known. */
function holdsVariable({ text, opaque }: CommandWord): boolean {
  return !opaque && text.marks.some((mark) => mark.of);
}

function notSeparable(word: CommandWord): Refusal {
  const why = `the interface stands in a variable together with other things: ${word.text.text}`;
  return refusal(why, 'Give the interface a word of its own, or take it out of the variable by hand.');
}

function spanIn({ path, start, end }: CommandWord): { path: string; start: number; end: number } {
  return { path, start, end };
}

/** The variable that a whole word came out of, where the variable is split into words. */
function variableOf({ text, splits }: CommandWord): Variable | undefined {
  const variable = text.marks[0]?.of?.variable;
  return splits && variable && text.marks.every((mark) => mark.of?.variable === variable) ? variable : undefined;
}

function inVariable({ text }: CommandWord, variable: Variable): IfaceWord {
  const marks = variable.value.marks;
  const first = marks[text.marks[0]?.of?.index ?? 0];
  const last = marks[text.marks.at(-1)?.of?.index ?? 0];
  return {
    path: variable.path,
    start: first?.start ?? 0,
    end: last?.end ?? 0,
    from: marks[0]?.start ?? 0,
    to: marks.at(-1)?.end ?? 0,
    variable,
  };
}

/** What may not change: the words without the interface. */
export function fingerprint({ words, around, insert }: FlanneldSite): string {
  const stripped = withoutIfaceFlags(words.slice(1).map((word) => word.text.text));
  return JSON.stringify([insert.kind, words[0]?.text.text, stripped, around]);
}
