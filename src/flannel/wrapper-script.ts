import { type Refusal, refusal } from './exec-start.js';
import { type CommandWord, type MarkedText, markedSlice, type Variables } from './marked-text.js';
import { expandShellWord, shellVariables } from './shell-expand.js';
import { type ShellCommand, shellCommands } from './shell-words.js';
import type { HostFile } from './unit.js';

/** What a script between systemd and flanneld does with its arguments. */
export interface Wrapper {
  readonly kind: 'wrapper';
  readonly passesArguments: boolean;
  /** flanneld's word and arguments as the script starts it; `undefined` where its own line does not name flanneld. */
  readonly words: readonly CommandWord[] | undefined;
  /** The variables of the script, those that it was given among them. */
  readonly variables: Variables;
}

/** Looks for flanneld in the words of a command: its word and arguments, and whether it sees the environment. */
export type LooksForFlanneld = (
  words: readonly CommandWord[],
) => { readonly words: readonly CommandWord[]; readonly inherits: boolean } | undefined;

/**
 * Reads a wrapper script: does it hand `"$@"` on to flanneld, and does it choose the interface itself?
 * @param args the words after the script's own
 * @param variables the environment that the script gets
 */
export function readWrapper(
  script: HostFile,
  args: readonly CommandWord[],
  variables: Variables,
  flanneldIn: LooksForFlanneld,
): Wrapper | Refusal {
  if (script.text.startsWith('#!') && !/^#![ \t]*(?:\/\S*\/(?:env[ \t]+)?)(?:ba|da|a|k|mk|z)?sh\b/.test(script.text)) {
    return refusal(`${script.path} starts flanneld and is not a shell script`, 'Put -iface on flanneld there by hand.');
  }
  const setting = ifaceInScript(script.text);
  if (setting) {
    const why = `${script.path}:${setting.line} chooses the interface itself: ${setting.text}`;
    return refusal(why, `Change line ${setting.line} of ${script.path} by hand: it would override what the unit says.`);
  }
  const source = markedSlice(script.path, script.text);
  const commands = shellCommands(source);
  if (!commands) return notUnderstood(script, 'a quote in it is never closed');
  const known = shellVariables(source, variables);
  const starts = commands.flatMap((command) => {
    const found = flanneldIn(commandWords(command, source, known, args));
    return found ? [{ command, ...found }] : [];
  });
  if (starts.length > 1) return notUnderstood(script, `it starts flanneld in ${starts.length} places`);
  const [start] = starts;
  const passing = commands.filter(
    (command) => command.words.some(isArguments) && (command === start?.command || execs(command, source)),
  );
  const passesArguments = start ? passing.includes(start.command) : passing.length === 1;
  if (!start && !(passesArguments && /flannel/.test(script.text)))
    return notUnderstood(script, 'it does not start flanneld');
  if (passesArguments && readsArguments(script.text, args))
    return notUnderstood(script, 'it reads its first arguments itself');
  if (!passesArguments && !start?.inherits)
    return notUnderstood(script, 'neither arguments nor variables reach flanneld');
  return { kind: 'wrapper', passesArguments, words: start?.words, variables: known };
}

function notUnderstood(script: HostFile, reason: string): Refusal {
  return refusal(`the wrapper ${script.path} is not understood: ${reason}`, 'Put -iface on flanneld there by hand.');
}

function commandWords(
  command: ShellCommand,
  source: MarkedText,
  variables: Variables,
  args: readonly CommandWord[],
): CommandWord[] {
  const words = command.words.flatMap((word) => expandShellWord(word, source, variables, args));
  const first = words.findIndex(({ text }) => !/^(?:if|then|else|do|!|\{|[A-Za-z_]\w*=.*)$/s.test(text.text));
  return first < 0 ? [] : words.slice(first);
}

function isArguments({ parts }: ShellCommand['words'][number]): boolean {
  return parts.length === 1 && parts[0]?.kind === 'arguments';
}

function execs({ words }: ShellCommand, source: MarkedText): boolean {
  const [first] = words;
  return first !== undefined && source.text.slice(first.from, first.to) === 'exec';
}

/** `$1`, `shift`, `getopts` outside of functions: an argument put first would be taken for something else. */
function readsArguments(text: string, args: readonly CommandWord[]): boolean {
  const outside = withoutOtherCases(withoutComments(text), args[0]?.text.text ?? '').replace(
    /^[ \t]*(?:function[ \t]+)?[\w-]+[ \t]*(?:\(\))[ \t]*\n?[ \t]*\{[\s\S]*?^[ \t]*\}/gm,
    '',
  );
  return /\$\{?[1-9]\b|(?:^|[\s;])(?:shift|getopts)\b/.test(outside);
}

/** The text without each `case "$1"` that neither the first argument nor our flag in its place would enter. */
function withoutOtherCases(text: string, first: string): string {
  return text.replace(/\bcase[ \t]+"?\$\{?1\}?"?[ \t]+in\b([\s\S]*?)\n[ \t]*esac\b/g, (whole, body: string) => {
    const patterns = body.split(';;').flatMap((branch) => /^\s*\(?([^()]*)\)/.exec(branch)?.[1]?.split('|') ?? []);
    const plain = patterns.map((pattern) => pattern.trim().replace(/^(["'])(.*)\1$/, '$2'));
    const others = plain.every(
      (pattern) => /^[\w.=-]+$/.test(pattern) && pattern !== first && !/^--?iface=/.test(pattern),
    );
    return others && !/flanneld/.test(body) ? '' : whole;
  });
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#.*$/gm, '');
}

/** The first line that gives flanneld an interface, comments and messages aside. */
export function ifaceInScript(text: string): { line: number; text: string } | undefined {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|echo\b|printf\b|log\b|logger\b)/.test(line)) continue;
    if (/(?:^|[\s"'=({])--?iface(?:-regex|-can-reach)?(?![\w-])|FLANNELD_IFACE/.test(line)) {
      return { line: index + 1, text: line.trim() };
    }
  }
  return undefined;
}
