import { joinScripts, type Script, Secret, scriptAsWritten, sh } from '../core/script.js';
import type { PasswdEntry } from '../facts/host-account.js';
import type { UserArguments } from './user.js';

/** What of a user is to be another. */
export interface UserChange {
  readonly uid?: number;
  readonly group?: string;
  readonly groups?: readonly string[];
  readonly comment?: string;
  readonly home?: string;
  readonly shell?: string;
  readonly password?: string;
  readonly lock?: boolean;
}

/** Steps one after another, up to the first that fails; then the user's entry. */
export function joinSteps(name: string, steps: readonly Script[]): Script {
  return joinScripts([...steps.map((step) => sh`${step} || exit $?`), sh`getent passwd ${name}`]);
}

export function createScript(args: UserArguments, namesake: boolean): Script {
  const { name, uid, group, groups, comment, home, shell, password } = args;
  const options = [
    ...(uid === undefined ? [] : ['-u', String(uid), ...(args.non_unique ? ['-o'] : [])]),
    // A group of that name would be made a second time.
    ...(group === undefined ? (namesake ? ['-N'] : []) : ['-g', group]),
    ...(groups === undefined || groups.every((one) => one === '') ? [] : ['-G', groups.join(',')]),
    ...(comment === undefined ? [] : ['-c', comment]),
    ...(home === undefined ? [] : ['-d', home]),
    ...(shell === undefined ? [] : ['-s', shell]),
    ...(args.create_home ? ['-m', ...(args.skeleton === undefined ? [] : ['-k', args.skeleton])] : ['-M']),
    ...(args.system ? ['-r'] : []),
  ];
  const parent = home?.replace(/\/+[^/]*\/*$/, '');
  return joinSteps(name, [
    ...(args.create_home && parent ? [sh`mkdir -p -- ${parent}`] : []),
    sh`useradd ${options} ${name}`,
    ...(password === undefined ? [] : [passwordScript(name, password, args.password_lock === true)]),
  ]);
}

export function modifyScript(args: UserArguments, change: UserChange): Script {
  const { uid, group, groups, comment, home, shell, password, lock } = change;
  const options = [
    ...(uid === undefined ? [] : ['-u', String(uid), ...(args.non_unique ? ['-o'] : [])]),
    ...(group === undefined ? [] : ['-g', group]),
    ...(groups === undefined ? [] : [...(args.append ? ['-a'] : []), '-G', groups.join(',')]),
    ...(comment === undefined ? [] : ['-c', comment]),
    ...(home === undefined ? [] : ['-d', home, ...(args.move_home ? ['-m'] : [])]),
    ...(shell === undefined ? [] : ['-s', shell]),
    ...(lock === undefined ? [] : [lock ? '-L' : '-U']),
  ];
  const modify = options.length === 0 ? sh`:` : sh`usermod ${options} ${args.name}`;
  if (password === undefined) return modify;
  return sh`{ ${modify} && ${passwordScript(args.name, password, args.password_lock === true)}; }`;
}

/** Over its input, so that no list of processes shows the hash. */
function passwordScript(name: string, password: string, locked: boolean): Script {
  // The name is no secret: with it in one, a text that is only the name would be masked as a secret that was cut off.
  return sh`printf '%s:%s\n' ${name} ${new Secret(`${locked ? '!' : ''}${password}`)} | chpasswd -e`;
}

/** A home as useradd would have made it, for a user who has none. */
export function homeScript({ skeleton = '/etc/skel' }: UserArguments, { uid, gid, home }: PasswdEntry): Script {
  return sh`{ home=${home}; skeleton=${skeleton}
${HOME}
chown -R ${`${uid}:${gid}`} "$home"; }`;
}

const HOME = scriptAsWritten(`umask=022
[ ! -r /etc/login.defs ] || while read -r key value rest; do [ "$key" != UMASK ] || umask=$value; done </etc/login.defs
mkdir -p -- "$home" && { [ ! -d "$skeleton" ] || cp -R "$skeleton/." "$home"; } &&
chmod "$(printf '%o' $((0777 & ~umask)))" "$home" &&`);

export function deleteScript({ name, remove, force }: UserArguments): Script {
  return sh`userdel ${[...(force ? ['-f'] : []), ...(remove ? ['-r'] : [])]} ${name}`;
}
