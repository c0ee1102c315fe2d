/**
 * The part of @kubernetes/client-node that is used. `paths` in tsconfig.json leads here: the library's own 800 classes
 * would more than double what a type check costs. `test/kubernetes` runs the library itself.
 */

export interface Metadata {
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly annotations?: unknown;
  readonly _continue?: string;
}

export interface V1Node {
  readonly metadata?: Metadata;
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: unknown };
}

export interface RequestContext {
  getUrl(): string;
}

export class ResponseContext {
  constructor(
    httpStatusCode: number,
    headers: Readonly<Record<string, string>>,
    body: { text(): Promise<string>; binary(): Promise<Buffer> },
  );
}

export interface HttpLibrary {
  send(request: RequestContext): unknown;
}

export function wrapHttpLibrary(library: { send(request: RequestContext): Promise<ResponseContext> }): HttpLibrary;

export class ServerConfiguration {
  constructor(url: string, variables: Readonly<Record<string, string>>);
}

export interface Configuration {
  readonly httpApi: HttpLibrary;
}

export function createConfiguration(parameters: {
  readonly baseServer: ServerConfiguration;
  readonly httpApi: HttpLibrary;
  readonly authMethods: Readonly<Record<string, never>>;
}): Configuration;

export class CoreV1Api {
  constructor(configuration: Configuration);
  listNode(parameters: { readonly limit: number; readonly _continue?: string }): Promise<{
    readonly items?: unknown;
    readonly metadata?: Metadata;
  }>;
  readNamespacedConfigMap(parameters: {
    readonly name: string;
    readonly namespace: string;
  }): Promise<{ readonly data?: Readonly<Record<string, unknown>> }>;
}
