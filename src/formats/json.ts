import type { ReportFormat } from '../compliance/report.js';
import { jsonWithoutControls } from '../core/printable.js';

/** The report itself, as `docs/schema/report.schema.json` describes it. */
export const json: ReportFormat = {
  name: 'json',
  about: 'the whole report as one JSON document, with a published schema',
  render: (report) => `${jsonWithoutControls(JSON.stringify(report, null, 2))}\n`,
};
