import type { CommandWord } from './marked-text.js';

/** The options of a `docker run`, as far as they matter to flanneld. */
export interface ContainerOptions {
  /** Index of the image's word. */
  readonly image: number;
  readonly entrypoint: string | undefined;
  readonly environment: { readonly assignment: string; readonly words: readonly CommandWord[] }[];
}

/**
 * Reads the options of `docker run` or `podman run`: which take a value, and where the image's word is.
 * @param begin index of the first word behind `run`
 */
export function containerOptions(words: readonly CommandWord[], begin: number): ContainerOptions {
  const environment: ContainerOptions['environment'] = [];
  let entrypoint: string | undefined;
  let at = begin;
  while (words[at]?.text.text.startsWith('-')) {
    const word = words[at] as CommandWord;
    const [name, value] = optionOf(word.text.text);
    const takesNext = value === undefined && !BARE_OPTIONS.has(name);
    const setting = value ?? (takesNext ? words[at + 1]?.text.text : undefined) ?? '';
    const taken = words.slice(at, at + (takesNext ? 2 : 1));
    if (name === 'e' || name === 'env') environment.push({ assignment: setting, words: taken });
    if (name === 'entrypoint') entrypoint = setting;
    at += taken.length;
  }
  return { image: at, entrypoint, environment };
}

/** Options of `docker run` and `podman run` that take no value. */
const BARE_OPTIONS: ReadonlySet<string> = new Set(
  (
    'detach disable-content-trust env-host help http-proxy init interactive no-healthcheck no-hostname no-hosts ' +
    'oom-kill-disable passwd privileged publish-all quiet read-only read-only-tmpfs replace rm rmi sig-proxy ' +
    'tls-verify tty'
  ).split(' '),
);

/** An option's name, and its value where it is in the same word. */
function optionOf(word: string): [string, string | undefined] {
  const long = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word);
  if (long) return [long[1] as string, long[2]];
  const bare = /^-[ditPq]*/.exec(word)?.[0] ?? '-';
  const rest = word.slice(bare.length);
  if (rest === '') return ['detach', undefined];
  return [rest[0] as string, rest.length > 1 ? rest.slice(1).replace(/^=/, '') : undefined];
}
