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
  /** Dicts, or templates of dicts, the outermost first: an inner one's variables win. */
  readonly environment: readonly unknown[];
  /** Arguments of modules, in the same way. */
  readonly moduleDefaults: readonly unknown[];
  readonly connection: unknown;
  readonly remoteUser: unknown;
  readonly port: unknown;
  /** Seconds. */
  readonly timeout: unknown;
  readonly anyErrorsFatal: unknown;
  readonly runOnce: unknown;
  /** Hosts that a task is done on at once. */
  readonly throttle: unknown;
  /** The host that a task is done on, instead of the one that it is done for. */
  readonly delegateTo: unknown;
  /** What it finds out is told of that host. */
  readonly delegateFacts: unknown;
}

export type Variables = Readonly<Record<string, unknown>>;

/** In which order hosts are taken. */
export const ORDERS = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] as const;

/** `linear`: each step on all hosts before the next; else each host goes on as fast as it can. */
export const STRATEGIES = ['linear', 'free', 'host_pinned'] as const;

/** A variable that a person is asked for (`vars_prompt`). */
export interface Prompt {
  readonly name: string;
  readonly text: string;
  /** What is typed is not shown. */
  readonly isPrivate: boolean;
  /** Asked for twice. */
  readonly confirm: boolean;
  /** Unrendered. */
  readonly otherwise: unknown;
  /** What is said is kept as a hash of this kind (`sha512_crypt`), as `/etc/shadow` has it. */
  readonly encrypt?: { readonly kind: string; readonly salt?: string; readonly saltSize?: number } | undefined;
}

export interface Play extends Inherited {
  readonly name: string;
  readonly at: string;
  /** Conditions for each of its tasks. */
  readonly when: readonly string[];
  readonly hosts: string;
  /** Rendered with the variables of the play's first host. */
  readonly serial: unknown;
  readonly maxFailPercentage: unknown;
  readonly gatherFacts: unknown;
  readonly forceHandlers: unknown;
  readonly order: (typeof ORDERS)[number];
  readonly strategy: (typeof STRATEGIES)[number];
  /** The task that gathers facts, for plays that do. */
  readonly gather: TaskStep | undefined;
  readonly prompts: readonly Prompt[];
  /** Of several in one entry, the first that is there. */
  readonly varsFiles: readonly (string | readonly string[])[];
  /** The folder of its file. */
  readonly folder: string;
  readonly steps: readonly Step[];
  /** Those of roles first; of several with one name, as with Ansible, the last one counts. */
  readonly handlers: readonly Handler[];
  /** All roles of the play, in their order: their defaults and variables hold in all of it. */
  readonly roles: readonly Role[];
  readonly roleNames: RoleNames;
}

/** Names of roles, as a play's tasks may ask for them: those that it uses, and those that these depend on. */
export interface RoleNames {
  readonly used: readonly string[];
  readonly needed: readonly string[];
}

/** A role as a play uses it; used again with the same words, it is the same one, and a host runs it once. */
export interface Role {
  readonly name: string;
  /** Its folder. */
  readonly path: string;
  /** `defaults/main.yml`, over those of the roles that it depends on. */
  readonly defaults: Variables;
  /** `vars/main.yml`, over those of the roles that it depends on and the `vars` it was used with. */
  readonly vars: Variables;
  /** What stands beside its name where it is used: wins over what was registered. */
  readonly params: Variables;
  /** Those that brought it in by their tasks, the nearest first. */
  readonly parents: readonly Role[];
  /** A host may run it again. */
  readonly allowsDuplicates: boolean;
}

export type Step = TaskStep | BlockStep | IncludeStep;

/** What is run once it was notified. */
export type Handler = TaskStep | IncludeStep;

export interface BlockStep extends Inherited {
  readonly kind: 'block';
  readonly name: string | undefined;
  readonly at: string;
  readonly role: Role | undefined;
  /** Somebody wrote `block:`; else it stands for an import or a role. */
  readonly isWritten: boolean;
  /** It holds all tasks of this role, after those of the roles that it depends on. */
  readonly whole: Role | undefined;
  readonly when: readonly string[];
  readonly notify: readonly string[];
  readonly block: readonly Step[];
  readonly rescue: readonly Step[];
  readonly always: readonly Step[];
}

/** Steps that a host gets when it comes to them: which ones may depend on its variables. */
export interface IncludeStep extends Inherited {
  readonly kind: 'include';
  readonly what: 'tasks' | 'role';
  readonly name: string | undefined;
  readonly at: string;
  readonly role: Role | undefined;
  /** The folder of the file that it is written in. */
  readonly folder: string;
  /** Unrendered: `file`, or a role's `name`, `tasks_from` and so on. */
  readonly args: IncludeArguments;
  /** The words that hold for each task that it brings, in an empty block. */
  readonly apply: BlockStep | undefined;
  /** Of the include itself: the tasks that it brings have conditions of their own. */
  readonly when: readonly string[];
  readonly notify: readonly string[];
  readonly listen: readonly string[];
  readonly register: string | undefined;
  readonly loop: Loop | undefined;
  /**
   * Opens what the arguments, rendered, name.
   * @throws FixError `file/missing`, `playbook/invalid`, `playbook/unsupported`, `yaml/syntax`
   */
  open(args: IncludeArguments): Included;
}

export type IncludeArguments = Variables;

/** What an include brings. */
export interface Included {
  /** For output: the file of tasks, or the role's name. */
  readonly label: string;
  readonly steps: readonly Step[];
  readonly handlers: readonly Handler[];
  readonly roles: readonly Role[];
}

export interface TaskStep extends Inherited {
  readonly kind: 'task';
  readonly name: string | undefined;
  readonly at: string;
  readonly role: Role | undefined;
  /** The folder of the file that it is written in. */
  readonly folder: string;
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
  /** Seconds that it may take, and between two looks at it; with no looks it goes on by itself. */
  readonly async: unknown;
  readonly poll: unknown;
}

export interface Loop {
  /** Unrendered: a list, or a template that gives one. */
  readonly over: unknown;
  /** The lookup that makes the items (`with_NAME`); `loop` has none. */
  readonly lookup: string | undefined;
  readonly loopVar: string;
  readonly indexVar: string | undefined;
  readonly label: unknown;
  /** Seconds. */
  readonly pause: unknown;
  /** Whether `ansible_loop` tells where in the list an item stands. */
  readonly extended: unknown;
  /** Whether it tells of all items too. */
  readonly allItems: unknown;
  /** Conditions that end the loop after an item. */
  readonly breakWhen: readonly string[];
}

/** The same with its role's name before it, as Ansible tells it. */
export function stepTitle(step: Step): string {
  // Ansible calls the include of a role by that role alone, also within another one.
  if (step.role === undefined || bringsRole(step)) return stepName(step);
  return `${step.role.name} : ${stepName(step)}`;
}

function bringsRole(step: Step): boolean {
  return step.kind === 'include' && step.what === 'role';
}

/** What a step is called in output: its name, or its module. */
export function stepName(step: Step): string {
  if (step.name !== undefined) return step.name;
  if (step.kind === 'include') {
    return step.what === 'tasks' ? 'include_tasks' : `include_role : ${String(step.args.name ?? step.args.role)}`;
  }
  return step.kind === 'task' ? step.module : 'block';
}
