/** Keywords by where they may stand. What Ansible knows and we do not is listed too, to be named and refused. */
const INHERITED = [
  'name',
  'vars',
  'become',
  'become_user',
  'become_method',
  'tags',
  'ignore_errors',
  'ignore_unreachable',
  'check_mode',
  'diff',
  'no_log',
  'environment',
  'module_defaults',
  'connection',
  'remote_user',
  'port',
  'collections',
  'timeout',
  'any_errors_fatal',
  'run_once',
  'throttle',
] as const;

/** Where a task is done: for a task, and for all that stands in a block, an import or a role. */
const DELEGATION = ['delegate_to', 'delegate_facts'] as const;

export const PLAY_KEYWORDS: ReadonlySet<string> = new Set([
  ...INHERITED,
  'hosts',
  'serial',
  'max_fail_percentage',
  'gather_facts',
  'gather_subset',
  'gather_timeout',
  'fact_path',
  'vars_prompt',
  'force_handlers',
  'order',
  'strategy',
  'vars_files',
  'pre_tasks',
  'tasks',
  'post_tasks',
  'handlers',
  'roles',
]);

export const BLOCK_KEYWORDS: ReadonlySet<string> = new Set([
  ...INHERITED,
  'block',
  'rescue',
  'always',
  'when',
  'notify',
  ...DELEGATION,
]);

/** What an import may say, besides what it names: all of it holds for each task that it brings. */
export const IMPORT_KEYWORDS: ReadonlySet<string> = new Set([...INHERITED, 'when', 'notify', 'args', ...DELEGATION]);

/** What an include may say: it is a task of its own, and what it brings has its own words. */
export const INCLUDE_KEYWORDS: ReadonlySet<string> = new Set([
  'name',
  'vars',
  'tags',
  'when',
  'loop',
  'loop_control',
  'register',
  'run_once',
  'ignore_errors',
  'no_log',
  'timeout',
  'args',
  'collections',
  'listen',
]);

export const TASK_KEYWORDS: ReadonlySet<string> = new Set([
  ...INHERITED,
  'args',
  'action',
  'local_action',
  'when',
  'notify',
  'listen',
  'register',
  'loop',
  'loop_control',
  'until',
  'retries',
  'delay',
  'changed_when',
  'failed_when',
  ...DELEGATION,
  'async',
  'poll',
]);

/** What `loop_control` may say. */
export const LOOP_CONTROL_WORDS = [
  'loop_var',
  'index_var',
  'label',
  'pause',
  'extended',
  'extended_allitems',
  'break_when',
] as const;

/** Ansible's keywords that this engine does not honour yet: refused by name, never ignored. */
export const NOT_YET: ReadonlySet<string> = new Set(['debugger', 'become_flags', 'become_exe']);
