import type { ClusterPicture } from '../diagnose/picture.js';

/** What reports, history and pages are made of: texts and numbers only, secrets masked, so it may be kept and sent. */
export interface CheckReport {
  /** Grows by new fields only; a field that changes its meaning makes it `/2`. */
  readonly schema: 'fix-flannel/report/1';
  readonly kind: 'check' | 'run';
  /** Of this check or run: its time and eight random digits. */
  readonly id: string;
  readonly tool: { readonly name: 'fix-flannel'; readonly version: string };
  /** The inventory as it was named, and the file that it is, where it is one. */
  readonly inventory: { readonly name: string; readonly path: string | null };
  /** Where facts were read from a folder instead of hosts: its name, and when they were gathered. */
  readonly recorded: { readonly folder: string; readonly gatheredAt: string } | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly profile: string | null;
  readonly verdict: ReportVerdict;
  readonly counts: ReportCounts;
  /** Every check of the catalogue, in its order. */
  readonly checks: readonly CheckLine[];
  /** Roots first, then what follows from them; errors before warnings; waived ones too. */
  readonly findings: readonly ReportFinding[];
  readonly notEvaluated: readonly ReportNotEvaluated[];
  /** All that apply to this inventory, also those that waived nothing. */
  readonly waivers: readonly ReportWaiver[];
  readonly hosts: readonly ReportHost[];
  readonly clusters: readonly ClusterPicture[];
  /** Of a run: the clusters as it found them; `clusters` is how it left them. */
  readonly before: readonly ClusterPicture[] | null;
  /** Of a run: what it changed, host by host. */
  readonly changes: readonly ReportChange[];
}

export interface ReportVerdict {
  /** `sound`: nothing to tell but what is waived. `warnings`: nothing that counts for the exit status. */
  readonly kind: 'sound' | 'warnings' | 'findings' | 'not-evaluated' | 'mended' | 'failed';
  readonly exitStatus: number;
  /** One sentence for people. */
  readonly line: string;
}

export interface ReportCounts {
  readonly hosts: number;
  readonly evaluated: number;
  /** Findings that are not waived. */
  readonly errors: number;
  readonly warnings: number;
  readonly waived: number;
  /** Checks. */
  readonly passed: number;
  readonly notEvaluated: number;
}

export type CheckStatus = 'passed' | 'failed' | 'warned' | 'not-evaluated' | 'waived' | 'skipped';

export interface CheckLine {
  /** `FF101` */
  readonly id: string;
  readonly title: string;
  readonly severity: 'error' | 'warn';
  readonly status: CheckStatus;
  /** Why it was skipped, or not evaluated. */
  readonly why: string | null;
}

export interface ReportFinding {
  readonly id: string;
  /** 16 hexadecimal digits: the same fault on the same hosts has the same ones in every report. */
  readonly fingerprint: string;
  readonly title: string;
  readonly severity: 'error' | 'warn';
  /** The name of its picture in `clusters`. */
  readonly cluster: string;
  readonly cause: string;
  readonly hosts: readonly string[];
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly mend: string;
  /** The task of the shipped playbook that mends it. */
  readonly task: string | null;
  /** The id of the finding that this one follows from. */
  readonly because: string | null;
  /** The hosts of it that a waiver covers; with all of them the finding counts for nothing. */
  readonly waivedHosts: readonly string[];
}

export interface ReportNotEvaluated {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly why: string;
}

export interface ReportWaiver {
  readonly id: string;
  /** As written: hosts and groups. */
  readonly hosts: readonly string[];
  readonly reason: string;
  readonly owner: string;
  /** `2026-12-31`: the last day on which it holds. */
  readonly expires: string;
  readonly state: 'used' | 'unused' | 'expired';
  /** `waivers.yaml:3:5` */
  readonly at: string;
}

export interface ReportHost {
  readonly name: string;
  /** `inventory.yaml:7:9` */
  readonly at: string;
  readonly status: 'evaluated' | 'no flannel' | 'not evaluated' | 'failed';
  readonly why: string | null;
  readonly hint: string | null;
}

export interface ReportChange {
  readonly host: string;
  readonly task: string;
  readonly why: string;
  readonly diffs: readonly { readonly path: string; readonly before: string; readonly after: string }[];
}

/** A report in one of the formats that `--report FORMAT=PATH` takes. */
export interface ReportFormat {
  /** `junit` */
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** @param history earlier reports of the same inventory, the newest first; some formats show a trend */
  render(report: CheckReport, history: readonly CheckReport[]): string;
}
