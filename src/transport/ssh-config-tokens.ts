import { badLine, type ConfigLine } from './ssh-config-line.js';

/** What the tokens of a value stand for. */
export interface TokenValues {
  readonly home: string;
  readonly localUser: string;
  readonly localHost: string;
  /** As it stands on ssh's command line (`%n`). */
  readonly original: string;
  /** `%h`. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** `%k`; default the original name. */
  readonly hostKeyAlias?: string | undefined;
  env(name: string): string | undefined;
}

/**
 * A path or name with `%` tokens, `${VARIABLES}` and a leading `~` expanded.
 * @throws FixError `ssh/config` for a token that is not known or a variable that is not set
 * @see ssh_config(5), TOKENS and ENVIRONMENT VARIABLES
 */
export function expanded(text: string, values: TokenValues, line: ConfigLine): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: values.home,
    h: values.hostName,
    i: String(process.getuid?.() ?? ''),
    k: values.hostKeyAlias ?? values.original,
    L: values.localHost.split('.')[0] as string,
    l: values.localHost,
    n: values.original,
    p: String(values.port),
    r: values.user,
    u: values.localUser,
  };
  const atHome = text.replace(/^~(?=\/|$)/, () => values.home);
  return atHome.replace(/%(.?)|\$\{(\w+)\}/gs, (written, token?: string, name?: string) => {
    const value =
      name !== undefined ? values.env(name) : Object.hasOwn(tokens, token ?? '') ? tokens[token as string] : undefined;
    if (value !== undefined) return value;
    throw badLine(
      line,
      name === undefined ? `the token ${written} is not known here` : `the variable ${name} is not set`,
    );
  });
}
