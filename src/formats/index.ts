import type { ReportFormat } from '../compliance/report.js';
import { html } from './html.js';
import { json } from './json.js';
import { junit } from './junit.js';
import { markdown } from './markdown.js';
import { nagios } from './nagios.js';
import { ndjson } from './ndjson.js';
import { prometheus } from './prometheus.js';
import { sarif } from './sarif.js';

/** Every format that `--report` takes, in the order of their names. */
export const formats: readonly ReportFormat[] = [html, json, junit, markdown, nagios, ndjson, prometheus, sarif];

export function findFormat(name: string): ReportFormat | undefined {
  return formats.find((format) => format.name === name);
}
