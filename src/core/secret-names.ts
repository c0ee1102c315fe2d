/** Words that make the name of a variable the name of a secret. */
const SECRET =
  /(?<!by|com)pass(?:word|wd|phrase|code)?(?=$|[_\d.-])|(?:^|[_.-])(?:pw|pwd|secrets?|tokens?)(?=$|[_\d.-])/i;
/** In files that somebody encrypted, these name secrets too. */
const IN_VAULT = /pass|secret|token|key|credential|pwd/i;
/** What such a name may be about without being the secret itself. */
const ABOUT = /(?:file|path|dir|folder|prompt|policy|length|name|url|ttl|timeout|type)$/i;

/** Where a shell is and was. */
const FOLDERS = new Set(['PWD', 'OLDPWD']);

/** Whether a variable of this name holds a secret: `ansible_become_pass`, `db_password`, `api_token`. */
export function looksSecret(name: string): boolean {
  return SECRET.test(spaced(name)) && !ABOUT.test(name) && !FOLDERS.has(name);
}

/** The same for a variable in an encrypted file, where `tls_key` and `cloud_credentials` count too. */
export function looksSecretInVault(name: string): boolean {
  return IN_VAULT.test(name) && !ABOUT.test(name);
}

/** `dbPassword` as `db_Password`, so that words are told apart in both ways of writing. */
function spaced(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
}
