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
  'timeout',
  'any_errors_fatal',
  'run_once',
] as const;

export const PLAY_KEYWORDS: ReadonlySet<string> = new Set([
  ...INHERITED,
  'hosts',
  'serial',
  'max_fail_percentage',
  'gather_facts',
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
]);

/** What an import may say, besides what it names: all of it holds for each task that it brings. */
export const IMPORT_KEYWORDS: ReadonlySet<string> = new Set([...INHERITED, 'when', 'notify', 'args']);

export const TASK_KEYWORDS: ReadonlySet<string> = new Set([
  ...INHERITED,
  'args',
  'when',
  'notify',
  'listen',
  'register',
  'loop',
  'with_items',
  'with_list',
  'loop_control',
  'until',
  'retries',
  'delay',
  'changed_when',
  'failed_when',
  'throttle',
]);

/** Ansible's keywords that this engine does not honour yet: refused by name, never ignored. */
export const NOT_YET: ReadonlySet<string> = new Set([
  'vars_prompt',
  'connection',
  'remote_user',
  'port',
  'module_defaults',
  'collections',
  'debugger',
  'become_flags',
  'become_exe',
  'gather_subset',
  'gather_timeout',
  'fact_path',
  'delegate_to',
  'delegate_facts',
  'action',
  'local_action',
  'async',
  'poll',
]);
