import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { type ActionOutput, defineModule, type Fields } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { APT_STAMP, type HostPackages, hostPackages } from '../facts/host-packages.js';
import { bool, int, text, word } from './arguments.js';
import { aptWords, listsFields, packageNames, planPackages } from './package-plan.js';

const Args = z.preprocess(
  (given) => withAliases(given),
  z
    .strictObject({
      name: packageNames.default([]),
      state: z.enum(['present', 'absent', 'latest']).default('present'),
      update_cache: bool.optional(),
      cache_valid_time: int.default(0),
      purge: bool.default(false),
      autoremove: bool.default(false),
      default_release: word.refine((release) => /^[\w./+-]+$/.test(release), 'is no name of a release').optional(),
      install_recommends: bool.optional(),
      dpkg_options: text
        .refine((options) => /^[\w-]+(\s*,\s*[\w-]+)*$/.test(options), 'is no list of options')
        .default('force-confdef,force-confold'),
      allow_downgrade: bool.default(false),
      only_upgrade: bool.default(false),
      fail_on_autoremove: bool.default(false),
      lock_timeout: int.default(60),
    })
    .refine(({ name, update_cache, cache_valid_time }) => name.length > 0 || update_cache || cache_valid_time > 0, {
      message: 'one of name, update_cache is needed',
    }),
);

type AptArguments = z.infer<typeof Args>;

/** Packages of Debian and its kin. */
export const apt = defineModule<AptArguments, { packages: Ask<HostPackages> }>({
  name: 'apt',
  about: 'Has Debian packages installed, at their newest, or gone',
  example: `- name: what flannel needs
  apt:
    name: [iproute2, iptables]
    state: present
    update_cache: true
    cache_valid_time: 3600`,
  args: Args,
  needs: ({ name, state }) => ({
    packages: ask(hostPackages, { manager: 'apt' as const, names: name, latest: state === 'latest' }),
  }),
  plan(args, { packages }) {
    const known = valueIfPresent(packages);
    const age = known?.listsAge;
    const asked = args.update_cache === true || (args.update_cache === undefined && args.cache_valid_time > 0);
    const updates = asked && !(age !== undefined && age <= args.cache_valid_time);
    const wait = ['-o', `DPkg::Lock::Timeout=${args.lock_timeout}`];
    return planPackages(
      {
        state: args.state,
        purge: args.purge,
        onlyUpgrade: args.only_upgrade,
        before: updates ? sh`apt-get ${wait} update && ${LISTS_TIME}` : undefined,
        // Of packages that are taken away Ansible tells no lists.
        ...(args.state === 'absent' && args.name.length > 0
          ? {}
          : {
              result: listsFields(known, updates),
              afterBefore: (said: ActionOutput) => listsAfter(said, known?.listsReadAt),
            }),
        install: (names) => sh`${aptWords('install', [...wait, ...installOptions(args)], args.dpkg_options)} ${names}`,
        remove: (names) => sh`${aptWords('remove', [...wait, ...removeOptions(args)], args.dpkg_options)} ${names}`,
      },
      packages,
    );
  },
});

const LISTS_TIME = sh`{ ${APT_STAMP}; printf '\ncache_update_time=%s\n' "$(stat -c %Y "$stamp" 2>/dev/null)"; }`;

function listsAfter({ stdout }: ActionOutput, before: number | undefined): Fields {
  const time = /^cache_update_time=(\d+)$/m.exec(stdout)?.[1];
  return time === undefined ? {} : { cache_updated: Number(time) !== before, cache_update_time: Number(time) };
}

function installOptions(args: AptArguments): string[] {
  const recommends = args.install_recommends;
  return [
    ...(args.only_upgrade ? ['--only-upgrade'] : []),
    ...(args.autoremove ? ['--auto-remove'] : []),
    ...(args.fail_on_autoremove ? ['--no-remove'] : []),
    ...(args.default_release === undefined ? [] : ['-t', args.default_release]),
    ...(recommends === undefined ? [] : ['-o', `APT::Install-Recommends=${recommends ? 'yes' : 'no'}`]),
    ...(args.allow_downgrade ? ['--allow-downgrades'] : []),
  ];
}

function removeOptions({ purge, autoremove }: AptArguments): string[] {
  return [...(purge ? ['--purge'] : []), ...(autoremove ? ['--auto-remove'] : [])];
}

/** Other names of arguments. */
const NAMES: Readonly<Record<string, string>> = {
  package: 'name',
  pkg: 'name',
  'update-cache': 'update_cache',
  'default-release': 'default_release',
  'install-recommends': 'install_recommends',
  'allow-downgrade': 'allow_downgrade',
  allow_downgrades: 'allow_downgrade',
  'allow-downgrades': 'allow_downgrade',
};

function withAliases(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const entries = Object.entries(given);
  return Object.fromEntries(entries.map(([name, value]) => [Object.hasOwn(NAMES, name) ? NAMES[name] : name, value]));
}
