/** A playbook as it was written: keywords checked and in their places, nothing rendered yet. */
export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}

/** What plays, blocks and tasks may all say; an inner one adds to or overrides the outer. */
export interface Inherited {
  readonly vars: Variables;
  readonly become: unknown;
  readonly becomeUser: unknown;
  readonly becomeMethod: unknown;
  readonly tags: readonly string[];
  readonly ignoreErrors: unknown;
  readonly ignoreUnreachable: unknown;
  readonly checkMode: unknown;
  readonly diff: unknown;
  readonly noLog: unknown;
  readonly environment: unknown;
  /** Seconds. */
  readonly timeout: unknown;
  readonly anyErrorsFatal: unknown;
  readonly runOnce: unknown;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface Play extends Inherited {
  readonly name: string;
  readonly at: string;
  readonly hosts: string;
  /** Rendered with the variables of the play's first host. */
  readonly serial: unknown;
  readonly maxFailPercentage: unknown;
  readonly gatherFacts: unknown;
  readonly forceHandlers: unknown;
  readonly order: string;
  readonly varsFiles: readonly string[];
  readonly steps: readonly Step[];
  readonly handlers: readonly TaskStep[];
}

export type Step = TaskStep | BlockStep;

export interface BlockStep extends Inherited {
  readonly kind: 'block';
  readonly name: string | undefined;
  readonly at: string;
  readonly when: readonly string[];
  readonly notify: readonly string[];
  readonly block: readonly Step[];
  readonly rescue: readonly Step[];
  readonly always: readonly Step[];
}

export interface TaskStep extends Inherited {
  readonly kind: 'task';
  readonly name: string | undefined;
  readonly at: string;
  /** The module's own name, without a collection. */
  readonly module: string;
  /** Unrendered; a text where the task was written free-form. */
  readonly args: Variables | string;
  readonly when: readonly string[];
  readonly notify: readonly string[];
  readonly listen: readonly string[];
  readonly register: string | undefined;
  readonly loop: Loop | undefined;
  readonly until: readonly string[];
  readonly retries: unknown;
  /** Seconds between tries. */
  readonly delay: unknown;
  readonly changedWhen: readonly string[];
  readonly failedWhen: readonly string[];
  readonly throttle: unknown;
}

export interface Loop {
  /** Unrendered: a list, or a template that gives one. */
  readonly over: unknown;
  /** `with_items` flattens one level, `loop` does not. */
  readonly flatten: boolean;
  readonly loopVar: string;
  readonly indexVar: string | undefined;
  readonly label: unknown;
  /** Seconds. */
  readonly pause: unknown;
}

/** What a step is called in output: its name, or its module. */
export function stepName(step: Step): string {
  return step.name ?? (step.kind === 'task' ? step.module : 'block');
}
