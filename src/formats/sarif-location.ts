import type { ReportHost } from '../compliance/report.js';
import { withoutControls } from '../core/printable.js';

/** Where a host stands in its inventory file, as SARIF has it. */
export interface SarifLocation {
  readonly physicalLocation?: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number; readonly startColumn?: number };
  };
  readonly logicalLocations: readonly { readonly name: string; readonly kind: 'resource' }[];
}

/** @param host as the report knows it, or a name that it does not know, which has no line */
export function locationOf(host: ReportHost | string): SarifLocation {
  const name = typeof host === 'string' ? host : host.name;
  const place = typeof host === 'string' ? undefined : placeOf(host.at);
  const logicalLocations = [{ name: withoutControls(name), kind: 'resource' as const }];
  if (place === undefined) return { logicalLocations };
  const { path, line, column } = place;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(path) },
      region: { startLine: line, ...(column !== undefined && { startColumn: column }) },
    },
    logicalLocations,
  };
}

/** `inventory.yaml:7:9`, or without the column. */
function placeOf(at: string): { path: string; line: number; column: number | undefined } | undefined {
  const parts = at.split(':');
  const last = positive(parts.at(-1));
  if (last === undefined || parts.length < 2) return undefined;
  const before = parts.length > 2 ? positive(parts.at(-2)) : undefined;
  const path = parts.slice(0, before === undefined ? -1 : -2).join(':');
  if (path === '') return undefined;
  return before === undefined ? { path, line: last, column: undefined } : { path, line: before, column: last };
}

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}

/** A relative path stays relative, so that it is found in a checkout wherever that is. */
function uriOf(path: string): string {
  const encoded = withoutControls(path).split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}
