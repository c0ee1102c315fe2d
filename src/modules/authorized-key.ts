import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  type Action,
  change,
  defineModule,
  type Fields,
  type Outcome,
  refuse,
  run,
  unchanged,
} from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { type Account, hostAccount, type PasswdEntry } from '../facts/host-account.js';
import { bool, owner, path, text, word } from './arguments.js';
import { InvalidKey, withKeys } from './authorized-keys.js';
import { bytesOfText, textOfBytes } from './bytes-as-text.js';
import { directoryOf, wayTo } from './host-path.js';
import { touching } from './touching.js';

const oneLine = (value: string) => !/[\r\n]/.test(value);

const Args = z.strictObject({
  user: owner,
  key: text.refine((key) => !key.startsWith('http'), 'a key behind an address is not fetched; write the key itself'),
  path: path.optional(),
  manage_dir: bool.default(true),
  state: z.enum(['present', 'absent']).default('present'),
  key_options: word.refine(oneLine, 'is more than one line').optional(),
  exclusive: bool.default(false),
  comment: word.refine(oneLine, 'is more than one line').optional(),
  validate_certs: bool.default(true),
  follow: bool.default(false),
});

type KeyArguments = z.infer<typeof Args>;
type Needs = { account: Ask<Account>; file: Ask<Buffer>; itself: Ask<FileStat>; folder: Ask<FileStat> };

/** Keys that may log in as a user. */
export const authorizedKey = defineModule<KeyArguments, Needs>({
  name: 'authorized_key',
  about: "Has keys in a user's authorized_keys, or not",
  example: `- name: the controller may log in
  authorized_key:
    user: root
    key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEpDRv5pa2Fxm0n0b2dNq7o1VfXjKJ3Yv1jG3g7mXyZ4 controller`,
  args: Args,
  needs(args) {
    const at = args.path ?? `~${args.user}/.ssh/authorized_keys`;
    return {
      account: ask(hostAccount, { user: args.user, groups: [] }),
      file: ask(fileContent, { path: at }),
      itself: ask(fileStat, { path: at }),
      folder: ask(fileStat, { path: directoryOf(at), follow: true }),
    };
  },
  plan(args, { account, file, itself, folder }, { check }) {
    if (account.state === 'unreadable') return refuse(`cannot look at users: ${account.why}`);
    const user = valueIfPresent(account)?.user;
    if (user === undefined && !(check && args.path !== undefined)) return refuse(unknownUser(args, check));
    if (args.path === undefined && !PLAIN_NAME.test(args.user)) {
      return refuse(`cannot look into the home directory of ${args.user}`, { hint: 'Name the file with path.' });
    }
    const keyfile = args.path ?? `${user?.home.replace(/\/+$/, '')}/.ssh/authorized_keys`;
    if (file.state === 'unreadable') return refuse(`cannot read ${keyfile}: ${file.why}`);
    const before = textOfBytes(valueIfPresent(file) ?? Buffer.alloc(0));
    const result: Fields = { ...told(args), keyfile };
    try {
      const after = withKeys(before, { ...args, keys: args.key, options: args.key_options });
      if (after === before) return unchanged(`${keyfile} is already so`, { result });
      const isLink = valueIfPresent(itself)?.kind === 'link';
      const hasFolder = valueIfPresent(folder) !== undefined;
      return changed(args, { keyfile, before, after, user, isLink, hasFolder, result });
    } catch (error) {
      if (error instanceof InvalidKey) return refuse(error.message);
      throw error;
    }
  },
});

/** Names whose home directory a shell looks up. */
const PLAIN_NAME = /^[a-z_][a-z0-9_-]*$/;

function unknownUser({ user }: KeyArguments, check: boolean): string {
  if (check) return 'Either user must exist or you must provide full path to key file in check mode';
  return `Failed to lookup user ${user}: "getpwnam(): name not found: '${user}'"`;
}

/** Ansible gives all arguments back. */
function told({ path: at, key_options, comment, ...args }: KeyArguments): Fields {
  return { ...args, path: at ?? null, key_options: key_options ?? null, comment: comment ?? null };
}

interface Situation {
  readonly keyfile: string;
  readonly before: string;
  readonly after: string;
  /** Undefined in check mode only. */
  readonly user: PasswdEntry | undefined;
  readonly isLink: boolean;
  readonly hasFolder: boolean;
  readonly result: Fields;
}

function changed(args: KeyArguments, now: Situation): Outcome {
  const { keyfile, before, after, user, result } = now;
  const [uid, gid] = [String(user?.uid ?? 0), String(user?.gid ?? 0)];
  const makeWay: Action[] = now.isLink && !args.follow ? [run(sh`rm -f ${pathWord(keyfile)}`, touching(keyfile))] : [];
  return change(`${keyfile}: ${args.state === 'absent' ? 'keys go' : 'keys differ'}`, {
    diff: [{ path: keyfile, before, after }],
    actions: [
      ...folderActions(args, now, `${uid}:${gid}`),
      ...makeWay,
      { kind: 'write', path: keyfile, content: bytesOfText(after), mode: '0600', owner: uid, group: gid },
    ],
    result,
  });
}

/** With `manage_dir` the folder is the user's alone; without, one that is missing is made. */
function folderActions({ manage_dir }: KeyArguments, { keyfile, hasFolder }: Situation, owners: string): Action[] {
  if (!manage_dir && hasFolder) return [];
  const at = pathWord(directoryOf(keyfile));
  if (!manage_dir) return [run(sh`mkdir -p ${at}`, touching(...wayTo(directoryOf(keyfile))))];
  const make: Script = hasFolder ? scriptAsWritten(':') : sh`[ -d ${at} ] || mkdir ${at}`;
  return [run(sh`{ ${make}; } && chown ${owners} ${at} && chmod 0700 ${at}`, touching(directoryOf(keyfile)))];
}
