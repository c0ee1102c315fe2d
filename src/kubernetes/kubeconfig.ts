import { dirname, resolve } from 'node:path';
import { readRegularFile, readText } from '../core/read-text.js';
import { Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { parseYaml, type SourceYaml, type YamlPath } from '../core/yaml.js';
import { kubernetesProblem } from './problem.js';

/** How an API server is reached and as whom; secrets are `Secret`, so that all of it may be printed. */
export interface KubernetesAccess {
  /** `https://10.0.0.111:6443`, without a slash at its end. */
  readonly server: string;
  /** PEM; `undefined` trusts what Node trusts. */
  readonly ca: Buffer | undefined;
  /** The name that the server's certificate has to be for, where it is not the one in `server`. */
  readonly tlsServerName: string | undefined;
  readonly certificate: { readonly cert: Buffer; readonly key: Secret } | undefined;
  readonly token: Secret | undefined;
}

/** Bytes; neither a certificate nor a token is larger. */
const MOST_BYTES = 1024 * 1024;

/**
 * Reads one context of a kubeconfig, and the files that it names (relative ones from its own folder). It runs no
 * program, goes through no proxy, and never leaves the server's certificate unverified: what asks for that is refused.
 *
 * @param context `undefined` is the current one
 * @throws FixError `kubernetes/config` with the place, `yaml/syntax`, `file/missing`, `file/too-large`
 */
export function readKubeconfig(path: string, context: string | undefined): KubernetesAccess {
  const file = new Kubeconfig(path, parseYaml(readText(path, 'the kubeconfig'), path, { isSecret: true }));
  const current = context ?? file.text(['current-context'], 'current-context');
  const chosen = file.entry('contexts', 'context', current);
  const cluster = file.entry('clusters', 'cluster', file.text([...chosen, 'cluster'], "the context's cluster"));
  const user = file.entry('users', 'user', file.text([...chosen, 'user'], "the context's user"));
  for (const refused of REFUSED) file.refuse(refused.of === 'cluster' ? cluster : user, refused);
  const access = {
    server: file.server(cluster),
    ca: file.bytes(cluster, 'certificate-authority'),
    tlsServerName: file.optional([...cluster, 'tls-server-name']),
    certificate: file.certificate(user),
    token: file.token(user),
  };
  if (access.server.startsWith('http:') && (access.token ?? access.certificate) !== undefined) {
    throw file.problem(
      [...cluster, 'server'],
      'it would be sent its credentials unencrypted',
      'Name an https address.',
    );
  }
  return access;
}

interface Refused {
  readonly of: 'cluster' | 'user';
  readonly name: string;
  readonly why: string;
  readonly hint: string;
}

const MAKE_TOKEN = 'Make a kubeconfig with a token of a service account that may only read; see docs/kubernetes.md.';

const REFUSED: readonly Refused[] = [
  {
    of: 'cluster',
    name: 'insecure-skip-tls-verify',
    why: "anybody on the way could take the user's credentials",
    hint: 'Take it out, and name the CA with certificate-authority.',
  },
  {
    of: 'cluster',
    name: 'proxy-url',
    why: 'no proxy is gone through',
    hint: 'Name a server that is reached directly.',
  },
  { of: 'user', name: 'exec', why: 'it runs a program for its credentials, and a check runs none', hint: MAKE_TOKEN },
  { of: 'user', name: 'auth-provider', why: 'it needs a program or a login of its own', hint: MAKE_TOKEN },
  { of: 'user', name: 'username', why: 'the API takes no passwords since 1.19', hint: MAKE_TOKEN },
  { of: 'user', name: 'as', why: 'acting as somebody else is not supported', hint: MAKE_TOKEN },
  { of: 'user', name: 'as-groups', why: 'acting as somebody else is not supported', hint: MAKE_TOKEN },
];

class Kubeconfig {
  readonly #folder: string;
  readonly #yaml: SourceYaml;

  constructor(path: string, yaml: SourceYaml) {
    this.#folder = dirname(resolve(path));
    this.#yaml = yaml;
  }

  problem(path: YamlPath, why: string, hint: string) {
    const name = printableLine(String(path.at(-1) ?? 'it'), 60);
    return kubernetesProblem('kubernetes/config', `the kubeconfig's ${name} cannot be used: ${why}`, {
      hint,
      at: this.#yaml.at(path),
    });
  }

  #at(path: YamlPath): unknown {
    let value: unknown = this.#yaml.value;
    for (const step of path) {
      const isOwn = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
      value = isOwn ? (value as Record<string | number, unknown>)[step] : undefined;
    }
    return value;
  }

  optional(path: YamlPath): string | undefined {
    const value = this.#at(path);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw this.problem(path, 'it is no text', 'Put it in quotes.');
  }

  text(path: YamlPath, what: string): string {
    const value = this.optional(path);
    if (value !== undefined) return value;
    throw this.problem(path, `${what} is not set`, 'Name a context with --kube-context, or mend the kubeconfig.');
  }

  /** The path of the part with this name in one of the kubeconfig's lists. */
  entry(list: 'contexts' | 'clusters' | 'users', part: string, name: string): YamlPath {
    const items = this.#at([list]);
    const names = Array.isArray(items) ? items.map((_, index) => this.#at([list, index, 'name'])) : [];
    const index = names.indexOf(name);
    if (index >= 0) return [list, index, part];
    const known = names.filter((one) => typeof one === 'string').map((one) => printableLine(one, 60));
    throw this.problem([list], `there is no ${part} ${printableLine(name, 60)}`, knownHint(part, known));
  }

  refuse(owner: YamlPath, { name, why, hint }: Refused): void {
    const value = this.#at([...owner, name]);
    if (value === undefined || value === null || value === false || value === '') return;
    throw this.problem([...owner, name], why, hint);
  }

  server(cluster: YamlPath): string {
    const path = [...cluster, 'server'];
    const text = this.text(path, "the cluster's server");
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isLoopback = url !== undefined && /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(url.hostname);
    if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback))) {
      throw this.problem(path, 'it is no https address', 'It has to be one like https://10.0.0.111:6443.');
    }
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      throw this.problem(path, 'it is more than an address and a path', 'Leave credentials and queries out of it.');
    }
    return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  }

  /** What `<name>-data` holds in base64, or else the file that `<name>` names. */
  bytes(owner: YamlPath, name: string): Buffer | undefined {
    const data = this.optional([...owner, `${name}-data`]);
    if (data !== undefined) return Buffer.from(data, 'base64');
    const path = this.optional([...owner, name]);
    return path === undefined ? undefined : this.#file(path, name);
  }

  #file(path: string, name: string): Buffer {
    return readRegularFile(resolve(this.#folder, path), `the kubeconfig's ${name}`, MOST_BYTES);
  }

  certificate(user: YamlPath): KubernetesAccess['certificate'] {
    const cert = this.bytes(user, 'client-certificate');
    const key = this.bytes(user, 'client-key');
    if (cert === undefined && key === undefined) return undefined;
    if (cert !== undefined && key !== undefined) return { cert, key: new Secret(key.toString('utf8')) };
    throw this.problem(user, 'a client certificate needs its key, and a key its certificate', MAKE_TOKEN);
  }

  token(user: YamlPath): Secret | undefined {
    const path = this.optional([...user, 'tokenFile']);
    const text =
      path === undefined ? this.optional([...user, 'token']) : this.#file(path, 'tokenFile').toString('utf8');
    const token = text?.trim();
    if (token === undefined || token === '') return undefined;
    const secret = new Secret(token);
    if (/^[\x21-\x7e]+$/.test(token)) return secret;
    throw this.problem([...user, path === undefined ? 'token' : 'tokenFile'], 'it is no token', MAKE_TOKEN);
  }
}

function knownHint(part: string, known: readonly string[]): string {
  return known.length === 0 ? 'Name another file.' : `It has the ${part}s ${known.slice(0, 10).join(', ')}.`;
}
