import { sshArguments } from './ssh-arguments.js';
import { badLine, type ConfigLine } from './ssh-config-line.js';

/** Another host on the way to one. */
export interface Jump {
  /** `%` tokens in it are those of the host behind it. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** Options of a `ProxyCommand`'s own, which go before the configuration. */
  readonly given: readonly ConfigLine[];
  readonly configFile: string | undefined;
}

/** Jump hosts one behind the other; each adds its own time to every exchange. */
const MOST = 8;

/**
 * The hosts to go through, first one first; none for `none`.
 *
 * @param line a `ProxyJump`, or a `ProxyCommand` that is a jump in other words: `ssh -W %h:%p bastion`
 * @throws FixError `ssh/config` (`inventory/invalid` for a variable) for any other command: to go directly instead
 *   would not be what was asked for
 */
export function jumpsOf(line: ConfigLine): Jump[] {
  const value = line.rest.trim();
  if (value.toLowerCase() === 'none') return [];
  if (line.keyword !== 'proxyjump') return [commandJump(line)];
  const texts = value.split(',', MOST + 1);
  if (texts.length > MOST) throw badLine(line, `there are more than ${MOST} jump hosts in a row`);
  return texts.map((text) => jumpOf(text, line));
}

/** `[user@]host[:port]`, an IPv6 address in brackets, or `ssh://...`. */
function jumpOf(text: string, line: ConfigLine): Jump {
  const match = /^(?:ssh:\/\/)?(?:(\S+)@)?(?:\[([^\]\s]+)\]|([^\s:@[\]]+))(?::(\d+))?\/?$/.exec(text.trim());
  const host = match?.[2] ?? match?.[3] ?? '';
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  const portFits = port === undefined || (port >= 1 && port <= 65_535);
  if (!match || host.startsWith('-') || match[1]?.startsWith('-') || !portFits) {
    throw badLine(line, `${text} is not [user@]host[:port]`);
  }
  return { user: match[1], host, port, given: [], configFile: undefined };
}

const SHELL_SIGNS = /[;|&$`<>(){}*?\n]/;

function commandJump(line: ConfigLine): Jump {
  const command = line.rest
    .trim()
    .replace(/\s*2>\s*\/dev\/null$/, '')
    .replace(/^exec\s+/, '');
  const [, program, rest] = /^(\S+)\s+(.*)$/s.exec(command) ?? [];
  if (program === undefined || !/^(?:\/usr\/bin\/)?ssh$/.test(program) || SHELL_SIGNS.test(command)) throw noJump(line);
  const { lines, operands, forward, configFile, notHonoured } = sshArguments(rest as string, {
    at: line.at,
    ...(line.variable !== undefined && { variable: line.variable }),
  });
  const [destination] = operands;
  const isForward = forward === '%h:%p' || forward === '[%h]:%p';
  if (destination === undefined || operands.length > 1 || !isForward || notHonoured.length > 0) throw noJump(line);
  return { ...jumpOf(destination, line), given: lines, configFile };
}

function noJump(line: ConfigLine): ReturnType<typeof badLine> {
  const what = `ProxyCommand ${line.rest} is not run`;
  return badLine(line, `${what}; only \`ssh -W %h:%p host\` is understood, which ProxyJump says in other words`);
}
