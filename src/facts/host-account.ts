import { defineFact } from '../core/fact.js';
import { type Secret, scriptAsWritten, sh } from '../core/script.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

export interface AccountQuery {
  /** A user's name; undefined where only groups are looked at. */
  readonly user?: string | undefined;
  /** Groups by name or number. */
  readonly groups: readonly string[];
  /** A hash that the user's is compared with on the host, so that it never leaves there. */
  readonly password?: Secret | undefined;
}

export interface Account {
  readonly user: PasswdEntry | undefined;
  readonly hasHome: boolean;
  readonly password: 'same' | 'other' | 'unknown';
  readonly locked: boolean;
  /** Groups that name the user as a member. */
  readonly memberOf: readonly string[];
  /** The groups that were asked about, and the user's namesake. */
  readonly groups: readonly GroupEntry[];
  /** Whether the host has the programs of shadow-utils. */
  readonly tools: boolean;
}

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
}

/** A user and groups, as the host's directories know them. */
export const hostAccount = defineFact<AccountQuery, Account>({
  name: 'host.account',
  about: 'a user with its groups, and groups, from the directories of the host',
  script: ({ user, groups, password }) => sh`${RECORD_FUNCTIONS}
command -v useradd >/dev/null && command -v usermod >/dev/null && command -v groupadd >/dev/null && record tools yes
if command -v getent >/dev/null; then
  entry() { getent "$1" "$2"; }
  every() { getent group; }
else
  entry() { while IFS= read -r line; do case $line in "$2":*) printf '%s\n' "$line"; break ;; esac; done <"/etc/$1"; }
  every() { cat /etc/group; }
fi
user=${user ?? ''}; wanted=${password ?? ''}
${USER}
for group in ${[...groups, ...(user === undefined ? [] : [user])]}; do
  record group "$(entry group "$group")"
done
record end ''`,
  parse(_, _query, bytes) {
    const records = hostRecords(bytes);
    const said = new Map(records.map((record) => [record.name, recordText(record)]));
    const password = said.get('password');
    return {
      user: passwdOf(said.get('passwd') ?? ''),
      hasHome: said.has('home'),
      password: password === 'same' || password === 'other' ? password : 'unknown',
      locked: said.has('locked'),
      memberOf: (said.get('members') ?? '').split('\n').filter((name) => name !== ''),
      groups: records.filter(({ name }) => name === 'group').flatMap((record) => groupOf(recordText(record))),
      tools: said.has('tools'),
    };
  },
});

/** Reads a line of `/etc/passwd`. @throws Error where it is none */
export function passwdOf(line: string): PasswdEntry | undefined {
  if (line.trim() === '') return undefined;
  const [name = '', , uid, gid, comment = '', home = '', shell] = (line.split('\n')[0] as string).split(':');
  if (!/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '') || shell === undefined) throw new Error('no line of passwd');
  return { name, uid: Number(uid), gid: Number(gid), comment, home, shell };
}

/** Marks of a locked password stand before the hash. */
const USER = scriptAsWritten(`if [ -n "$user" ]; then
  found=$(entry passwd "$user"); record passwd "$found"
  home=\${found%:*}; home=\${home##*:}
  [ -z "$found" ] || [ ! -d "$home" ] || record home yes
  if [ -n "$found" ] && [ -r /etc/shadow ]; then
    hash=$(entry shadow "$user"); hash=\${hash#*:}; hash=\${hash%%:*}
    case $hash in '!'*) record locked yes; hash=\${hash#"\${hash%%[!!]*}"} ;; esac
    if [ "$hash" = "\${wanted#"\${wanted%%[!!]*}"}" ]; then record password same; else record password other; fi
  fi
  record members "$(every | while IFS=: read -r name x gid members; do
    case ",$members," in *,"$user",*) printf '%s\\n' "$name" ;; esac
  done)"
fi`);

function groupOf(line: string): GroupEntry[] {
  if (line.trim() === '') return [];
  const [name = '', , gid = ''] = (line.split('\n')[0] as string).split(':');
  if (!/^\d+$/.test(gid)) throw new Error('no line of group');
  return [{ name, gid: Number(gid) }];
}
