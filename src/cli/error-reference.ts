import type { ErrorCode, EXIT } from '../core/error.js';

/** What each exit status says, for the reference and for the help. */
export const EXIT_ABOUT: Readonly<Record<keyof typeof EXIT, string>> = {
  sound: 'sound, or made so',
  cannotWork: 'could not do its work',
  findings: 'findings remain, or a host failed',
  notEvaluated: 'hosts unreachable or not evaluated',
  refused: 'refused, nothing changed',
  partlyApplied: 'left partly applied',
  usage: 'wrong usage',
  interrupted: 'interrupted',
};

/** What each error code says, for the reference. */
export const ERROR_ABOUT: Readonly<Record<ErrorCode, string>> = {
  'cli/usage': 'The command line asks for something that there is not.',
  'file/missing': 'A file on the controller cannot be read.',
  'yaml/syntax': 'A file is no YAML.',
  'inventory/invalid': 'The inventory holds something that no inventory can hold.',
  'inventory/unknown-host': 'A pattern names a host or group that the inventory does not have.',
  'playbook/invalid': 'The playbook holds something that no playbook can hold.',
  'playbook/unsupported': 'The playbook asks for a module or keyword that is not supported.',
  'template/syntax': 'A template is no Jinja2.',
  'template/undefined': 'A template uses a variable that is not set.',
  'template/failed': 'A template could not be worked out: a filter was given what it cannot take.',
  'ssh/unreachable': 'No connection to the host.',
  'ssh/auth': 'The host takes none of the keys and passwords.',
  'ssh/host-key-unknown': "The host's key is in no known_hosts file.",
  'ssh/host-key-changed': "The host's key is another than the one in known_hosts.",
  'ssh/key-file': 'A private key or a known_hosts file cannot be read or used.',
  'ssh/lost': 'The connection broke while it was in use.',
  'ssh/no-shell': 'The host gives no shell that runs a script.',
  'script/timeout': 'A step took longer than it may.',
  'script/failed': 'A step ended with an exit status other than 0.',
  'host/unreadable': 'A fact that is needed could not be read on the host.',
  'become/refused': 'The host does not let us become the other user.',
  'become/password': 'Becoming the other user needs a password, or another one.',
  'etcd/unreachable': 'No member of etcd answers.',
  'etcd/tls': 'The certificates of etcd and ours do not go together.',
  'etcd/auth': 'etcd refuses our user.',
  'etcd/no-quorum': 'etcd answers, but has no quorum.',
  'etcd/store-off': 'etcd runs without the API that flannel uses.',
  'etcd/bad-answer': 'Something answers that is not etcd, or not as etcd does.',
  'flannel/bad-config': "flannel's network configuration is missing, makes no sense, or is not in etcd.",
};
