import { containerOptions } from './container-options.js';
import { type Refusal, refusal } from './exec-start.js';
import { flagsOf, withoutIfaceFlags } from './flanneld-flags.js';
import { baseName, isFlanneld, WRAPPERS } from './flanneld-words.js';
import { type CommandWord, type MarkedText, markedSlice, type Variables } from './marked-text.js';
import { expandShellWord, shellVariables } from './shell-expand.js';
import { type ShellCommand, shellCommands } from './shell-words.js';
import type { HostFile } from './unit.js';
import { readWrapper } from './wrapper-script.js';

/** Where flanneld stands in a command, and where an interface can be given to it. */
export interface FlanneldSite {
  readonly kind: 'found';
  /** flanneld's word (or its wrapper's), then its arguments in the order in which flanneld sees them. */
  readonly words: readonly CommandWord[];
  /** Everything else of the command, which has to stay as it is. */
  readonly around: readonly string[];
  readonly insert: Insert;
  /** `FLANNELD_*` that the command itself sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether flanneld also sees the environment that the command is started with. */
  readonly inherits: boolean;
}

export type Insert =
  /** A flag, after this word. */
  | { readonly kind: 'flag'; readonly after: CommandWord }
  /** An option of `docker run`, before the image's word, in place of the ones listed. */
  | { readonly kind: 'option'; readonly before: CommandWord; readonly replaces: readonly CommandWord[] }
  /** The environment, because the script at this path passes no arguments on. */
  | { readonly kind: 'environment'; readonly script: string };

export interface SiteContext {
  readonly variables: Variables;
  /** The script that the command's first word names. */
  readonly program: HostFile | undefined;
  readonly depth: number;
}

const BY_HAND = 'Put -iface on flanneld in that place by hand, or name the file that starts it in the inventory.';
const SHELLS = /^(?:ba|da|a|k|mk|z)?sh$/;
const CONTAINER_TOOLS: ReadonlySet<string> = new Set(['docker', 'podman', 'nerdctl']);
/** Programs that run the command in their arguments. */
const LAUNCHERS: ReadonlySet<string> = new Set(
  (
    'busybox catchsegv chroot chrt command daemon daemonize env exec ionice ip linux32 linux64 nice nohup nsenter numactl ' +
    'runuser setpriv setsid softlimit stdbuf sudo systemd-cat taskset time timeout unshare'
  ).split(' '),
);

/**
 * Finds flanneld in a command: by itself, behind launchers such as `nice`, in a container tool's `run`, in a
 * shell's `-c` text, or behind a wrapper script.
 * @param words the command, the program first
 */
export function flanneldSite(words: readonly CommandWord[], context: SiteContext): FlanneldSite | Refusal {
  const [first] = words;
  if (!first || context.depth > 4) return refusal('the command does not start flanneld', BY_HAND);
  const name = baseName(first.text.text);
  // podman puts a script in docker's place that hands everything on.
  if (CONTAINER_TOOLS.has(name)) return containerSite(words, { ...context, program: undefined });
  const script = scriptOf(first, context);
  if (script) return wrapperSite(words, script, context);
  if (isFlanneld(first.text.text) || WRAPPERS.has(name)) return directSite(words);
  if (SHELLS.test(name)) return shellSite(words, context);
  if (name === 'start-stop-daemon') return daemonSite(words);
  if (LAUNCHERS.has(name)) return launchedSite(words, context);
  if (name === 'k3s' || name === 'rke2')
    return refusal(`${name} carries its own flannel and starts no flanneld`, `Give ${name} its own --flannel-iface.`);
  return refusal(`${first.text.text || 'the program'} is neither flanneld nor a script that could be read`, BY_HAND);
}

/** A flag goes right behind the flanneld word. */
function directSite(words: readonly CommandWord[], before: readonly string[] = []): FlanneldSite {
  const insert: Insert = { kind: 'flag', after: words[0] as CommandWord };
  return { kind: 'found', words, around: before, insert, environment: {}, inherits: true };
}

function scriptOf(first: CommandWord, { program, depth }: SiteContext): HostFile | undefined {
  if (!program?.text.startsWith('#!')) return undefined;
  const name = first.text.text;
  const outermost = depth === 0 && !SHELLS.test(baseName(name)) && !LAUNCHERS.has(baseName(name));
  return outermost || name === program.path || name === program.linksTo ? program : undefined;
}

function wrapperSite(words: readonly CommandWord[], script: HostFile, context: SiteContext): FlanneldSite | Refusal {
  const read = readWrapper(script, words.slice(1), context.variables, (command) => startsFlanneld(command, context));
  if (read.kind === 'refuse') return read;
  const wrapper = words[0] as CommandWord;
  const environment = read.variables ? environmentSet(read.variables) : {};
  const insert: Insert = read.passesArguments
    ? { kind: 'flag', after: wrapper }
    : { kind: 'environment', script: script.path };
  const around = read.passesArguments ? [wrapper.text.text] : words.map((word) => word.text.text);
  return { kind: 'found', words: read.words ?? words, around, insert, environment, inherits: true };
}

/** What a script sets for flanneld; not the interface, which it may have set without exporting it. */
function environmentSet(variables: Variables): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, value, origin } of variables.values()) {
    if (origin === 'script' && name.startsWith('FLANNELD_') && name !== 'FLANNELD_IFACE') found[name] = value.text;
  }
  return found;
}

function startsFlanneld(words: readonly CommandWord[], context: SiteContext): FlanneldSite | undefined {
  const site = flanneldSite(words, { ...context, program: undefined, depth: context.depth + 1 });
  return site.kind === 'found' && site.insert.kind === 'flag' && !onlyAsks(site.words) ? site : undefined;
}

function launchedSite(words: readonly CommandWord[], context: SiteContext): FlanneldSite | Refusal {
  const starts = (at: number) => {
    const name = words[at]?.text.text ?? '';
    const known = isFlanneld(name) || CONTAINER_TOOLS.has(baseName(name)) || SHELLS.test(baseName(name));
    return known || WRAPPERS.has(baseName(name)) || name === context.program?.path;
  };
  const afterOption = (at: number) => /^-{1,2}[A-Za-z][\w-]*$/.test(words[at - 1]?.text.text ?? '');
  const candidates = words.map((_, at) => at).filter((at) => at > 0 && starts(at));
  const at = candidates.find((one) => !afterOption(one)) ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (at === undefined) {
    return refusal(`${words[0]?.text.text} starts something that is not known to be flanneld`, BY_HAND);
  }
  const site = flanneldSite(words.slice(at), { ...context, depth: context.depth + 1 });
  if (site.kind === 'refuse') return site;
  const before = words.slice(0, at).map((word) => word.text.text);
  return {
    ...site,
    inherits: site.inherits && !clearsEnvironment(before),
    around: [...before, ...site.around],
    environment: { ...environmentIn(before), ...site.environment },
  };
}

function clearsEnvironment([launcher = '', ...options]: readonly string[]): boolean {
  const name = baseName(launcher);
  return name === 'sudo' || (name === 'env' && options.some((word) => /^(?:-|-i|--ignore-environment)$/.test(word)));
}

/** The `FLANNELD_*` assignments among some words. */
function environmentIn(words: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const word of words) {
    const match = /^(FLANNELD_[A-Z0-9_]+)=([\s\S]*)$/.exec(word);
    if (match) found[match[1] as string] = match[2] as string;
  }
  return found;
}

/** Debian's start-stop-daemon: flanneld's arguments are those after `--`. */
function daemonSite(words: readonly CommandWord[]): FlanneldSite | Refusal {
  const texts = words.map((word) => word.text.text);
  const dashes = texts.indexOf('--');
  const options = dashes < 0 ? texts : texts.slice(0, dashes);
  const starts = options.some((word) => word === '--start' || /^-[A-Za-z]*S[A-Za-z]*$/.test(word));
  const tests = options.some((word) => word === '--test' || word === '-t' || word === '--stop' || word === '-K');
  const program = options.findIndex((word) => isFlanneld(word.replace(/^--(?:exec|startas)=/, '')));
  if (dashes < 0 || !starts || tests || program < 0) {
    return refusal('start-stop-daemon is not told to start flanneld with arguments of its own', BY_HAND);
  }
  const insert: Insert = { kind: 'flag', after: words[dashes] as CommandWord };
  const flanneld = { ...(words[program] as CommandWord), text: trimmedOption(words[program] as CommandWord) };
  const inner = [flanneld, ...words.slice(dashes + 1)];
  return { kind: 'found', words: inner, around: options, insert, environment: {}, inherits: true };
}

function trimmedOption({ text }: CommandWord): MarkedText {
  const length = /^--(?:exec|startas)=/.exec(text.text)?.[0].length ?? 0;
  return { text: text.text.slice(length), marks: text.marks.slice(length) };
}

function shellSite(words: readonly CommandWord[], context: SiteContext): FlanneldSite | Refusal {
  const option = words.findIndex(({ text }, at) => at > 0 && /^-[a-z]*c[a-z]*$/.test(text.text));
  const script = words.findIndex(({ text }, at) => at > 0 && !text.text.startsWith('-'));
  if (option < 0 || (script > 0 && script < option && words[script - 1]?.text.text !== '-o')) {
    const named = words[script];
    if (named && context.program && named.text.text === context.program.path)
      return launchedScript(words, script, context);
    return refusal(`${words[0]?.text.text} runs a script that could not be read`, BY_HAND);
  }
  const text = words[option + 1];
  if (!text || text.splits) return refusal('the shell command comes out of a variable', BY_HAND);
  const before = words.filter((word) => word !== text).map((word) => word.text.text);
  return shellTextSite(text.text, before, context);
}

function launchedScript(words: readonly CommandWord[], at: number, context: SiteContext): FlanneldSite | Refusal {
  const site = wrapperSite(words.slice(at), context.program as HostFile, context);
  if (site.kind === 'refuse') return site;
  return { ...site, around: [...words.slice(0, at).map((word) => word.text.text), ...site.around] };
}

/** Finds the one command of a shell text that starts flanneld. */
export function shellTextSite(
  text: MarkedText,
  before: readonly string[],
  context: SiteContext,
): FlanneldSite | Refusal {
  const commands = shellCommands(text);
  if (!commands) return refusal('the shell text has a quote that is never closed', BY_HAND);
  const variables = shellVariables(text, context.variables);
  const found: { site: FlanneldSite; command: ShellCommand }[] = [];
  for (const command of commands) {
    const words = expandedCommand(command, text, variables);
    const site = commandSite(words, { ...context, variables, depth: context.depth + 1 });
    if (site) found.push({ site, command });
  }
  const [one] = found;
  if (!one) return refusal('the shell text does not start flanneld', BY_HAND);
  if (found.length > 1) return refusal(`the shell text starts flanneld in ${found.length} places`, BY_HAND);
  const others = commands.filter((command) => command !== one.command);
  const around = others.flatMap(({ words }) => words.flatMap(({ from, to }) => otherWord(text.text.slice(from, to))));
  const environment = { ...environmentSet(variables), ...one.site.environment };
  return { ...one.site, around: [...before, ...one.site.around, ...around], environment };
}

/** A word beside flanneld's command. An assignment counts without the interface, which may be taken out of it. */
function otherWord(word: string): string[] {
  const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word);
  if (!assignment) return [word];
  const values = (assignment[2] as string).replace(/["']/g, ' ').split(/\s+/).filter(Boolean);
  return [`${assignment[1]}=`, ...withoutIfaceFlags(values)];
}

/** The words of a shell command with the variables that are known. */
export function expandedCommand(
  command: ShellCommand,
  text: MarkedText,
  variables: Variables,
  args?: readonly CommandWord[],
): CommandWord[] {
  return command.words.flatMap((word) => expandShellWord(word, text, variables, args));
}

const RESERVED: ReadonlySet<string> = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{']);

/** flanneld in one shell command, behind reserved words and assignments; `undefined` where it starts something else. */
export function commandSite(words: readonly CommandWord[], context: SiteContext): FlanneldSite | undefined {
  let at = 0;
  while (words[at] && (RESERVED.has(words[at]?.text.text ?? '') || /^[A-Za-z_]\w*=/.test(words[at]?.text.text ?? '')))
    at += 1;
  const before = words.slice(0, at).map((word) => word.text.text);
  const site = flanneldSite(words.slice(at), context);
  if (site.kind === 'refuse' || onlyAsks(site.words)) return undefined;
  return {
    ...site,
    around: [...before, ...site.around],
    environment: { ...environmentIn(before), ...site.environment },
  };
}

/** `flanneld --version` starts nothing. */
function onlyAsks(words: readonly CommandWord[]): boolean {
  return flagsOf(words.slice(1).map((word) => word.text.text)).some(({ name }) => /^(?:version|help|h)$/.test(name));
}

function containerSite(words: readonly CommandWord[], context: SiteContext): FlanneldSite | Refusal {
  const run = words.findIndex((word, at) => at > 0 && word.text.text === 'run');
  if (run < 0)
    return refusal(`${words[0]?.text.text} does not run a container anew: its command is kept elsewhere`, BY_HAND);
  const options = containerOptions(words, run + 1);
  const image = words[options.image];
  if (!image) return refusal('the container command names no image', BY_HAND);
  const inner = words.slice(options.image + 1);
  const before = words.slice(0, options.image + 1).map((word) => word.text.text);
  const environment = environmentIn(options.environment.map(({ assignment }) => assignment));
  const entry = options.entrypoint;
  const own = { environment, inherits: false } as const;
  if (
    (entry && isFlanneld(entry)) ||
    (!entry && inner[0]?.text.text.startsWith('-') && image.text.text.includes('flannel'))
  ) {
    return { ...directSite([inImage(image, entry), ...inner], before), ...own };
  }
  if (!entry && inner.length > 0) {
    const site = flanneldSite(inner, { ...context, program: undefined, depth: context.depth + 1 });
    if (site.kind === 'refuse') return site;
    const all = { ...environment, ...site.environment };
    return { ...site, around: [...before, ...site.around], environment: all, inherits: false };
  }
  if (entry || !image.text.text.includes('flannel'))
    return refusal(`the image ${image.text.text} is not known to start flanneld`, BY_HAND);
  const ifaces = options.environment.filter(({ assignment }) => /^FLANNELD_IFACE(?:=|$)/.test(assignment));
  const replaces = ifaces.flatMap((option) => option.words);
  const around = words.filter((word) => !replaces.includes(word)).map((word) => word.text.text);
  return {
    kind: 'found',
    words: [inImage(image, entry)],
    around,
    insert: { kind: 'option', before: image, replaces },
    ...own,
  };
}

/** flanneld's word where only the image names it. */
function inImage(image: CommandWord, entry = 'flanneld'): CommandWord {
  return { ...image, text: markedSlice(image.path, entry) };
}
