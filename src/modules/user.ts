import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  type ActionOutput,
  change,
  defineModule,
  type Fields,
  type Outcome,
  refuse,
  run,
  unchanged,
} from '../core/module.js';
import { Secret } from '../core/script.js';
import { type Account, hostAccount, type PasswdEntry, passwdOf } from '../facts/host-account.js';
import { accountTrouble } from './account-trouble.js';
import { bool, int, list, owner, path, word } from './arguments.js';
import { createScript, deleteScript, homeScript, joinSteps, modifyScript, type UserChange } from './user-scripts.js';

const field = word.refine((value) => !/[:\n]/.test(value), 'holds a colon or is more than one line');

const Args = z.preprocess(
  (given) => withAliases(given),
  z
    .strictObject({
      name: owner,
      state: z.enum(['present', 'absent']).default('present'),
      uid: int.refine((uid) => uid >= 0, 'is no number of a user').optional(),
      non_unique: bool.default(false),
      group: owner.optional(),
      groups: list
        .refine(
          (names) => names.every((name) => name === '' || owner.safeParse(name).success),
          'holds no name of a group',
        )
        .optional(),
      append: bool.default(false),
      comment: field.optional(),
      home: path.refine((at) => !/[:\n]/.test(at), 'holds a colon or is more than one line').optional(),
      shell: field.optional(),
      password: field.optional(),
      update_password: z.enum(['always', 'on_create']).default('always'),
      password_lock: bool.optional(),
      create_home: bool.default(true),
      move_home: bool.default(false),
      skeleton: path.optional(),
      system: bool.default(false),
      remove: bool.default(false),
      force: bool.default(false),
    })
    .refine(({ append, groups }) => !append || groups !== undefined, 'append needs groups'),
);

export type UserArguments = z.infer<typeof Args>;

/** A user, by the programs of shadow-utils. */
export const user = defineModule<UserArguments, { account: Ask<Account> }>({
  name: 'user',
  about: 'Has a user, with groups, home, shell and password, or not',
  example: `- name: who runs etcd
  user:
    name: etcd
    system: true
    shell: /usr/sbin/nologin
    create_home: false`,
  args: Args,
  needs: ({ name, group, groups = [], password }) => ({
    account: ask(hostAccount, {
      user: name,
      groups: [...(group === undefined ? [] : [group]), ...named(groups)],
      password: password === undefined ? undefined : new Secret(password),
    }),
  }),
  plan(args, { account }, task) {
    const trouble = accountTrouble(account);
    if (trouble !== undefined || account.state !== 'present') return refuse(trouble ?? 'there are no users');
    const now = account.value.user;
    const result = { name: args.name, state: args.state };
    if (args.state === 'absent') {
      if (now === undefined) return unchanged(`there is no user ${args.name}`, { result });
      const removal = run(deleteScript(args));
      return change(`there is a user ${args.name}`, {
        actions: [removal],
        result: { ...result, force: args.force, remove: args.remove },
      });
    }
    const missing = [...(args.group === undefined ? [] : [args.group]), ...named(args.groups ?? [])].find(
      (name) => !isThere(name, account.value),
    );
    // In a check, an earlier task may have been going to make the groups of a new user; Ansible does not look either.
    const isForeseen = task.check && now === undefined;
    if (missing !== undefined && !isForeseen) return refuse(`Group ${missing} does not exist`);
    return now === undefined ? creation(args, account.value, result) : modification(args, account.value, now, result);
  },
});

function named(groups: readonly string[]): string[] {
  return groups.filter((name) => name !== '');
}

function isThere(name: string, { groups }: Account): boolean {
  return groups.some((one) => one.name === name || String(one.gid) === name);
}

function creation(args: UserArguments, account: Account, result: Fields): Outcome {
  const namesake = account.groups.some(({ name }) => name === args.name);
  return change(`there is no user ${args.name}`, {
    actions: [run(createScript(args, namesake), { mayFail: true })],
    result: { ...result, system: args.system, create_home: args.create_home, ...secret(args) },
    conclude: ([output]) => conclusion(output, args),
  });
}

function modification(args: UserArguments, account: Account, now: PasswdEntry, result: Fields): Outcome {
  const changes = changesOf(args, account, now);
  const makesHome = args.create_home && !account.hasHome && changes.home === undefined;
  const told = { ...result, append: args.append, move_home: args.move_home, ...secret(args) };
  if (Object.keys(changes).length === 0 && !makesHome) {
    return unchanged(`there is such a user ${args.name}`, { result: { ...told, ...infoOf(now, args) } });
  }
  const words = [...Object.keys(changes), ...(makesHome ? ['a home'] : [])];
  const steps = [modifyScript(args, changes), ...(makesHome ? [homeScript(args, now)] : [])];
  return change(`${args.name}: ${words.join(', ')}`, {
    actions: [run(joinSteps(args.name, steps), { mayFail: true })],
    result: told,
    conclude: ([output]) => conclusion(output, args),
  });
}

function changesOf(args: UserArguments, account: Account, now: PasswdEntry): UserChange {
  const { uid, comment, home, shell, password } = args;
  const primary = account.groups.find((one) => one.name === args.group || String(one.gid) === args.group);
  const locks =
    args.password_lock === undefined || args.password_lock === account.locked ? undefined : args.password_lock;
  const sets = password !== undefined && args.update_password === 'always' && account.password !== 'same';
  return {
    ...(uid === undefined || uid === now.uid ? {} : { uid }),
    ...(args.group === undefined || primary?.gid === now.gid ? {} : { group: args.group }),
    ...groupChange(args, account),
    ...(comment === undefined || comment === now.comment ? {} : { comment }),
    ...(home === undefined || home === now.home ? {} : { home }),
    ...(shell === undefined || shell === now.shell ? {} : { shell }),
    ...(sets ? { password } : {}),
    ...(locks === undefined || sets ? {} : { lock: locks }),
  };
}

function groupChange(
  { groups, append }: UserArguments,
  { groups: entries, memberOf }: Account,
): Pick<UserChange, 'groups'> {
  if (groups === undefined) return {};
  const wanted = new Set(named(groups).map((name) => entries.find((one) => String(one.gid) === name)?.name ?? name));
  const missing = [...wanted].some((name) => !memberOf.includes(name));
  const over = !append && memberOf.some((name) => !wanted.has(name));
  return missing || over ? { groups: [...wanted] } : {};
}

/** The last line that the script prints is the user's new entry. */
function conclusion(output: ActionOutput | undefined, args: UserArguments): Fields {
  if (output?.status !== 0) {
    return {
      failed: true,
      changed: false,
      rc: output?.status,
      msg: output?.stderr.trim() || 'the user cannot be changed',
    };
  }
  const entry = passwdOf(output.stdout.trim().split('\n').at(-1) ?? '');
  return entry === undefined ? {} : infoOf(entry, args);
}

function infoOf({ uid, gid, comment, home, shell }: PasswdEntry, { groups }: UserArguments): Fields {
  return { uid, group: gid, comment, home, shell, ...(groups === undefined ? {} : { groups: groups.join(',') }) };
}

function secret({ password }: UserArguments): Fields {
  return password === undefined ? {} : { password: 'NOT_LOGGING_PASSWORD' };
}

function withAliases(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const { user: name, createhome, ...rest } = given as Fields;
  return {
    ...(name === undefined ? {} : { name }),
    ...(createhome === undefined ? {} : { create_home: createhome }),
    ...rest,
  };
}
