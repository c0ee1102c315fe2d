import { flag, type Kind, list, oneOf, path, pathList, searchPath, whole, words } from './ansible-setting-kinds.js';

/** One setting of Ansible: where it may be written, and what its text stands for. */
export interface Setting<T> {
  /** `section.key`; where several are set, the last wins. */
  readonly ini: readonly string[];
  /** Variables of the environment, which win over the file; where several are set, the last wins. */
  readonly env: readonly string[];
  readonly kind: Kind<T>;
}

function setting<T>(ini: string, env: string, kind: Kind<T>): Setting<T> {
  return { ini: ini.split(' '), env: env.split(' '), kind };
}

/** The settings that have a meaning here. @see ansible-core 2.14 `config/base.yml`, `plugins/connection/ssh.py` */
export const SETTINGS = {
  inventory: setting('defaults.inventory', 'ANSIBLE_INVENTORY', pathList),
  forks: setting('defaults.forks', 'ANSIBLE_FORKS', whole),
  remoteUser: setting('defaults.remote_user', 'ANSIBLE_REMOTE_USER', words),
  remotePort: setting('defaults.remote_port', 'ANSIBLE_REMOTE_PORT', whole),
  privateKeyFile: setting('defaults.private_key_file', 'ANSIBLE_PRIVATE_KEY_FILE', path),
  hostKeyChecking: setting(
    'defaults.host_key_checking ssh_connection.host_key_checking',
    'ANSIBLE_HOST_KEY_CHECKING ANSIBLE_SSH_HOST_KEY_CHECKING',
    flag,
  ),
  /** Seconds. */
  timeout: setting('defaults.timeout ssh_connection.timeout', 'ANSIBLE_TIMEOUT ANSIBLE_SSH_TIMEOUT', whole),
  transport: setting('defaults.transport', 'ANSIBLE_TRANSPORT', words),
  askPass: setting('defaults.ask_pass', 'ANSIBLE_ASK_PASS', flag),
  become: setting('privilege_escalation.become', 'ANSIBLE_BECOME', flag),
  becomeMethod: setting('privilege_escalation.become_method', 'ANSIBLE_BECOME_METHOD', words),
  becomeUser: setting('privilege_escalation.become_user', 'ANSIBLE_BECOME_USER', words),
  becomeAskPass: setting('privilege_escalation.become_ask_pass', 'ANSIBLE_BECOME_ASK_PASS', flag),
  rolesPath: setting('defaults.roles_path', 'ANSIBLE_ROLES_PATH', searchPath),
  library: setting('defaults.library', 'ANSIBLE_LIBRARY', searchPath),
  askVaultPass: setting('defaults.ask_vault_pass', 'ANSIBLE_ASK_VAULT_PASS', flag),
  vaultPasswordFile: setting('defaults.vault_password_file', 'ANSIBLE_VAULT_PASSWORD_FILE', path),
  vaultIdentityList: setting('defaults.vault_identity_list', 'ANSIBLE_VAULT_IDENTITY_LIST', list),
  gathering: setting('defaults.gathering', 'ANSIBLE_GATHERING', oneOf('implicit', 'explicit', 'smart')),
  anyErrorsFatal: setting('defaults.any_errors_fatal', 'ANSIBLE_ANY_ERRORS_FATAL', flag),
  forceHandlers: setting('defaults.force_handlers', 'ANSIBLE_FORCE_HANDLERS', flag),
  noLog: setting('defaults.no_log', 'ANSIBLE_NO_LOG', flag),
  /** Seconds; 0 is no limit. */
  taskTimeout: setting('defaults.task_timeout', 'ANSIBLE_TASK_TIMEOUT', whole),
  tags: setting('tags.run', 'ANSIBLE_RUN_TAGS', list),
  skipTags: setting('tags.skip', 'ANSIBLE_SKIP_TAGS', list),
  diffAlways: setting('diff.always', 'ANSIBLE_DIFF_ALWAYS', flag),
  /** Lines. */
  diffContext: setting('diff.context', 'ANSIBLE_DIFF_CONTEXT', whole),
  verbosity: setting('defaults.verbosity', 'ANSIBLE_VERBOSITY', whole),
  displaySkippedHosts: setting('defaults.display_skipped_hosts', 'ANSIBLE_DISPLAY_SKIPPED_HOSTS', flag),
  displayOkHosts: setting('defaults.display_ok_hosts', 'ANSIBLE_DISPLAY_OK_HOSTS', flag),
  showTaskPathOnFailure: setting('defaults.show_task_path_on_failure', 'ANSIBLE_SHOW_TASK_PATH_ON_FAILURE', flag),
  showCustomStats: setting('defaults.show_custom_stats', 'ANSIBLE_SHOW_CUSTOM_STATS', flag),
  noColor: setting('defaults.nocolor', 'ANSIBLE_NOCOLOR', flag),
  forceColor: setting('defaults.force_color', 'ANSIBLE_FORCE_COLOR', flag),
  sshArgs: setting('ssh_connection.ssh_args', 'ANSIBLE_SSH_ARGS', words),
  sshCommonArgs: setting('ssh_connection.ssh_common_args', 'ANSIBLE_SSH_COMMON_ARGS', words),
  sshExtraArgs: setting('ssh_connection.ssh_extra_args', 'ANSIBLE_SSH_EXTRA_ARGS', words),
} satisfies Readonly<Record<string, Setting<unknown>>>;

/**
 * Settings that are honoured by one value only, which is what happens here anyway: `section.key` and these values, in
 * lower case. With any other value a run could differ.
 */
export const ONLY: Readonly<Record<string, readonly string[]>> = {
  'defaults.hash_behaviour': ['replace'],
  'defaults.stdout_callback': ['default', 'ansible.builtin.default'],
  'defaults.callback_result_format': ['json'],
  'defaults.error_on_undefined_vars': ['true', 'yes', 'on', '1'],
  'defaults.jinja2_native': ['false', 'no', 'off', '0'],
  'defaults.jinja2_extensions': ['', '[]'],
  'defaults.strategy': ['linear', 'ansible.builtin.linear'],
  'defaults.inject_facts_as_vars': ['true', 'yes', 'on', '1'],
  'defaults.private_role_vars': ['false', 'no', 'off', '0'],
  'defaults.fact_caching': ['memory', 'ansible.builtin.memory'],
  'defaults.executable': ['/bin/sh'],
  'defaults.poll_interval': ['15'],
  'defaults.display_args_to_stdout': ['false', 'no', 'off', '0'],
  'defaults.display_failed_stderr': ['false', 'no', 'off', '0'],
  'defaults.check_mode_markers': ['false', 'no', 'off', '0'],
  'defaults.show_per_host_start': ['false', 'no', 'off', '0'],
  'defaults.vars_plugins_enabled': ['host_group_vars'],
  'defaults.error_on_missing_handler': ['true', 'yes', 'on', '1'],
};

/** Settings that cannot change what a run does here, with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  'it is about looks that there are not here': [
    'defaults.nocows',
    'defaults.cowpath',
    'defaults.cow_selection',
    'defaults.cow_whitelist',
    'defaults.cowsay_enabled_stencils',
  ],
  'no retry files are written': ['defaults.retry_files_enabled', 'defaults.retry_files_save_path'],
  'it is about warnings of Ansible alone': [
    'defaults.deprecation_warnings',
    'defaults.system_warnings',
    'defaults.action_warnings',
    'defaults.command_warnings',
    'defaults.devel_warning',
    'defaults.localhost_warning',
    'defaults.jinja2_native_warning',
    'defaults.collections_on_ansible_version_mismatch',
    'inventory.inventory_unparsed_warning',
  ],
  'hosts need no Python and get no files of modules': [
    'defaults.interpreter_python',
    'defaults.module_compression',
    'defaults.keep_remote_files',
    'defaults.remote_tmp',
    'defaults.local_tmp',
    'defaults.python_module_rlimit_nofile',
    'defaults.no_target_syslog',
    'defaults.syslog_facility',
    'defaults.allow_world_readable_tmpfiles',
  ],
  'one session a host is used for everything': [
    'defaults.pipelining',
    'connection.pipelining',
    'ssh_connection.pipelining',
    'ssh_connection.control_path',
    'ssh_connection.control_path_dir',
    'ssh_connection.scp_if_ssh',
    'ssh_connection.transfer_method',
    'ssh_connection.sftp_batch_mode',
    'ssh_connection.use_tty',
    'ssh_connection.usetty',
    'defaults.use_persistent_connections',
    'defaults.internal_poll_interval',
  ],
  'it is for `ansible` and not for playbooks': [
    'defaults.module_name',
    'defaults.module_args',
    'defaults.bin_ansible_callbacks',
  ],
  'where Ansible keeps its own files': ['defaults.home', 'defaults.ansible_home'],
};

/** Sections that are for other programs and for what there is not here. */
export const SECTIONS_WITHOUT_EFFECT: readonly string[] = [
  'galaxy',
  'colors',
  'persistent_connection',
  'netconf_connection',
  'paramiko_connection',
  'accelerate',
];

/** Variables of the environment that are not called after their setting. */
export const OTHER_ENV: Readonly<Record<string, string>> = {
  ANSIBLE_PYTHON_INTERPRETER: 'defaults.interpreter_python',
  ANSIBLE_SSH_PIPELINING: 'ssh_connection.pipelining',
  ANSIBLE_SSH_CONTROL_PATH: 'ssh_connection.control_path',
  ANSIBLE_SSH_CONTROL_PATH_DIR: 'ssh_connection.control_path_dir',
  ANSIBLE_SCP_IF_SSH: 'ssh_connection.scp_if_ssh',
  ANSIBLE_SSH_TRANSFER_METHOD: 'ssh_connection.transfer_method',
  ANSIBLE_SFTP_BATCH_MODE: 'ssh_connection.sftp_batch_mode',
  ANSIBLE_SSH_USETTY: 'ssh_connection.usetty',
  ANSIBLE_LOCAL_TEMP: 'defaults.local_tmp',
  ANSIBLE_REMOTE_TEMP: 'defaults.remote_tmp',
  ANSIBLE_COW_PATH: 'defaults.cowpath',
  ANSIBLE_COW_ACCEPTLIST: 'defaults.cowsay_enabled_stencils',
  ANSIBLE_CACHE_PLUGIN: 'defaults.fact_caching',
  ANSIBLE_INJECT_FACT_VARS: 'defaults.inject_facts_as_vars',
  ANSIBLE_LOAD_CALLBACK_PLUGINS: 'defaults.bin_ansible_callbacks',
  ANSIBLE_VARS_ENABLED: 'defaults.vars_plugins_enabled',
};
