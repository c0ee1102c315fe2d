import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { Pki } from '../support/etcd.js';
import { apiStatus, configMap, nodeList } from './api-objects.js';

export interface ApiServer {
  readonly url: string;
  /** `GET /api/v1/nodes?limit=500`, in order. */
  readonly asked: readonly string[];
  /** Of the last request. */
  readonly last: () => { readonly authorization: string | undefined; readonly clientName: string | undefined };
  stop(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTPS server that answers as an API server was recorded to; asks for a client certificate and takes any of its CA. */
export async function startApiServer(pki: Pki, answer: Answer): Promise<ApiServer> {
  const { cert, key } = pki.files('server');
  const asked: string[] = [];
  let last = { authorization: undefined as string | undefined, clientName: undefined as string | undefined };
  const options = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(pki.files('ca').cert),
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    asked.push(`${request.method} ${request.url}`);
    last = {
      authorization: request.headers.authorization,
      clientName: socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined,
    };
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    last: () => last,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Serves nodes in the pages that are asked for, and flannel's config map in one namespace. */
export function serving(nodes: readonly unknown[], namespace = 'kube-flannel', map: unknown = configMap()): Answer {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'https://api');
    if (url.pathname === '/api/v1/nodes') return send(response, 200, pageOf(nodes, url.searchParams));
    if (url.pathname === `/api/v1/namespaces/${namespace}/configmaps/kube-flannel-cfg`) return send(response, 200, map);
    return send(response, 404, apiStatus(404, 'configmaps "kube-flannel-cfg" not found'));
  };
}

function pageOf(nodes: readonly unknown[], query: URLSearchParams) {
  const from = Number(query.get('continue') ?? 0);
  const to = from + Number(query.get('limit'));
  const left = nodes.length - to;
  return nodeList(nodes.slice(from, to), left > 0 ? { continue: String(to), remainingItemCount: left } : {});
}

export interface Folder {
  readonly path: string;
  /** Writes a file in it, and gives its path. */
  file(name: string, text: string): string;
  remove(): void;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'fix-flannel-kube-'));
  return {
    path,
    file(name, text) {
      writeFileSync(join(path, name), text, { mode: 0o600 });
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A kubeconfig as kubeadm and kubectl write it. */
export function kubeconfigText(parts: { cluster: string; user: string; extra?: string }): string {
  return `apiVersion: v1
kind: Config
current-context: admin@lab
preferences: {}
clusters:
- name: lab
  cluster: ${parts.cluster}
users:
- name: admin
  user: ${parts.user}
contexts:
- name: admin@lab
  context: {cluster: lab, user: admin}
${parts.extra ?? ''}`;
}
