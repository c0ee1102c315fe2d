import { type ErrorCode, FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';

/** The codes with which work on the Kubernetes API fails. */
export type KubernetesCode = Extract<ErrorCode, `kubernetes/${string}`>;

const HINTS: Readonly<Record<KubernetesCode, string>> = {
  'kubernetes/config':
    'Name another kubeconfig or context; docs/kubernetes.md shows how to make one that may only read.',
  'kubernetes/unreachable': 'Check that the API server runs, and that the kubeconfig names its address and its CA.',
  'kubernetes/refused':
    'Give the user of the kubeconfig get and list on nodes, and get on the config map kube-flannel-cfg; see docs/kubernetes.md.',
  'kubernetes/bad-answer': "Check that the kubeconfig's server is an API server and no proxy's page.",
};

export function kubernetesProblem(
  code: KubernetesCode,
  why: string,
  more: { hint?: string; at?: string; cause?: unknown } = {},
): FixError {
  return new FixError(code, why, { hint: more.hint ?? HINTS[code], at: more.at, cause: more.cause });
}

/** An answer of the API server that is no success. */
export class ApiStatus extends Error {
  override readonly name = 'ApiStatus';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Anything that a call threw, in words that name the server. Nothing of what was sent is in them. */
export function asKubernetesProblem(thrown: unknown, server: string): FixError {
  if (thrown instanceof FixError) return thrown;
  const api = `the Kubernetes API at ${printableLine(server, 200)}`;
  if (thrown instanceof ApiStatus) return statusProblem(thrown, api);
  const code = codeOf(thrown);
  if (code === undefined) {
    return kubernetesProblem('kubernetes/bad-answer', `${api} gives no answer that can be read: ${words(thrown)}`, {
      cause: thrown,
    });
  }
  return kubernetesProblem('kubernetes/unreachable', `${api} cannot be asked: ${NETWORK[code] ?? words(thrown)}`, {
    cause: thrown,
    ...(isTls(code) && { hint: "Check the kubeconfig's certificate-authority, and tls-server-name where it has one." }),
  });
}

function statusProblem({ status, message }: ApiStatus, api: string): FixError {
  const said = message === '' ? '' : `: ${printableLine(message, 200)}`;
  if (status === 401) {
    return kubernetesProblem('kubernetes/refused', `${api} does not accept the kubeconfig's user (401)${said}`, {
      hint: 'Its token or certificate may have ended: make a new one.',
    });
  }
  if (status === 403) return kubernetesProblem('kubernetes/refused', `${api} does not allow it (403)${said}`);
  const isDown = status >= 500 || status === 429;
  return kubernetesProblem(
    isDown ? 'kubernetes/unreachable' : 'kubernetes/bad-answer',
    `${api} answers ${status}${said}`,
  );
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed by the other side',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'the connection timed out',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve (no answer from DNS)',
};

function isTls(code: string): boolean {
  return /CERT|TLS|SSL|SIGNATURE|ISSUER|CHAIN/.test(code);
}

function words(thrown: unknown): string {
  return printableLine(messageOf(thrown), 200);
}
