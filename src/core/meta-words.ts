/** What a `meta` task can tell the engine to do; any other word is refused when its playbook is read. */
export const META_WORDS = [
  'flush_handlers',
  'noop',
  'end_host',
  'end_batch',
  'end_play',
  'clear_facts',
  'clear_host_errors',
  'refresh_inventory',
  'reset_connection',
] as const;

export type MetaWord = (typeof META_WORDS)[number];
