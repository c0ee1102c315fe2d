/** What the process ends with; the numbers are a promise to scripts and never change. */
export const EXIT = {
  sound: 0,
  cannotWork: 1,
  findings: 2,
  notEvaluated: 3,
  refused: 4,
  partlyApplied: 5,
  usage: 64,
  interrupted: 130,
} as const;

/** Every code that we raise, with the exit status that the command line gives it. */
export const EXIT_STATUS = {
  'cli/usage': EXIT.usage,
  'cli/interrupted': EXIT.interrupted,
  'file/missing': EXIT.cannotWork,
  'yaml/syntax': EXIT.cannotWork,
  'inventory/invalid': EXIT.cannotWork,
  'inventory/templates': EXIT.cannotWork,
  'inventory/unknown-host': EXIT.usage,
  'playbook/invalid': EXIT.cannotWork,
  'playbook/unsupported': EXIT.cannotWork,
  'module/invalid': EXIT.cannotWork,
  'module/failed': EXIT.findings,
  'template/syntax': EXIT.cannotWork,
  'template/undefined': EXIT.cannotWork,
  'template/failed': EXIT.cannotWork,
  'ssh/config': EXIT.notEvaluated,
  'ssh/unreachable': EXIT.notEvaluated,
  'ssh/auth': EXIT.notEvaluated,
  'ssh/host-key-unknown': EXIT.notEvaluated,
  'ssh/host-key-changed': EXIT.notEvaluated,
  'ssh/key-file': EXIT.notEvaluated,
  'ssh/lost': EXIT.notEvaluated,
  'ssh/no-shell': EXIT.notEvaluated,
  'script/timeout': EXIT.findings,
  'script/failed': EXIT.findings,
  'host/unreadable': EXIT.notEvaluated,
  'become/refused': EXIT.notEvaluated,
  'become/password': EXIT.notEvaluated,
  'etcd/unreachable': EXIT.notEvaluated,
  'etcd/tls': EXIT.notEvaluated,
  'etcd/auth': EXIT.notEvaluated,
  'etcd/no-quorum': EXIT.notEvaluated,
  'etcd/store-off': EXIT.notEvaluated,
  'etcd/bad-answer': EXIT.notEvaluated,
  'kubernetes/config': EXIT.notEvaluated,
  'kubernetes/unreachable': EXIT.notEvaluated,
  'kubernetes/refused': EXIT.notEvaluated,
  'kubernetes/bad-answer': EXIT.notEvaluated,
  'flannel/bad-config': EXIT.notEvaluated,
  'lock/held': EXIT.refused,
  'lock/lost': EXIT.partlyApplied,
  'journal/unwritable': EXIT.cannotWork,
  'journal/unknown-run': EXIT.usage,
  'journal/damaged': EXIT.cannotWork,
  'plan/invalid': EXIT.cannotWork,
  'plan/stale': EXIT.refused,
  'recording/invalid': EXIT.cannotWork,
  'vault/password': EXIT.cannotWork,
  'vault/format': EXIT.cannotWork,
  'file/too-large': EXIT.cannotWork,
  'file/unwritable': EXIT.cannotWork,
  'schedule/units': EXIT.cannotWork,
  'serve/invalid': EXIT.cannotWork,
  'compliance/invalid': EXIT.cannotWork,
  'report/unwritable': EXIT.cannotWork,
} as const;

export type ErrorCode = keyof typeof EXIT_STATUS;

/** An error that tells its reader what to do next. Branch on `code`, never on the message. */
export class FixError extends Error {
  override readonly name = 'FixError';
  readonly code: ErrorCode;
  /** One sentence the reader can act on. */
  readonly hint: string;
  /** A host and task, or `file:line:column`. */
  readonly at: string | undefined;
  /** The fields of a task's result that it fails with, in place of those that were planned. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      hint: string;
      at?: string | undefined;
      cause?: unknown;
      fields?: Readonly<Record<string, unknown>> | undefined;
    },
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.at = more.at;
    this.fields = more.fields;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
