import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, type Fields, refuse, unchanged } from '../core/module.js';
import { matchesPattern } from '../facts/name-pattern.js';
import { type HostFacts, hostSetup } from '../facts/setup.js';
import { chosenCollectors } from '../facts/setup-subsets.js';
import { int, list, path } from './arguments.js';

const Args = z.preprocess(
  (given) => given ?? {},
  z.strictObject({
    gather_subset: list
      .superRefine((names, context) => {
        const chosen = chosenCollectors(names);
        if (!('unknown' in chosen)) return;
        const message = `Bad subset '${chosen.unknown}' given; facter, ohai and python are not gathered`;
        context.addIssue({ code: 'custom', message });
      })
      .default(['all']),
    gather_timeout: int.refine((seconds) => seconds >= 1 && seconds <= 3600, 'is no time in seconds').default(10),
    filter: list.default([]),
    fact_path: path.default('/etc/ansible/facts.d'),
  }),
);

type SetupArguments = z.infer<typeof Args>;

/**
 * Finds out about the host, and tells the run. As no Python runs there, `ansible_python` and its kin are not told,
 * and neither is what `ethtool`, `facter` and `ohai` say.
 */
export const setup = defineModule<SetupArguments, { host: Ask<HostFacts> }>({
  name: 'setup',
  about: 'Finds out about the host: the `ansible_*` facts, all but those about Python',
  example: `- name: what the host is
  setup:
    gather_subset: [min, network]
    filter: [distribution*, default_ipv4]`,
  args: Args,
  needs({ gather_subset, gather_timeout, fact_path }) {
    const chosen = chosenCollectors(gather_subset);
    const collectors = 'unknown' in chosen ? [] : [...chosen].sort();
    return { host: ask(hostSetup, { collectors, timeoutSeconds: gather_timeout, factPath: fact_path }) };
  },
  plan(args, { host }) {
    if (host.state !== 'present') {
      return refuse(`cannot find out about the host${host.state === 'unreadable' ? `: ${host.why}` : ''}`);
    }
    const facts = filtered(named(host.value, args.gather_subset), args.filter);
    return unchanged('found out about the host', { result: { ansible_facts: facts }, gathered: gatheredOf(facts) });
  },
});

/** All facts under the names of their variables. An interface never takes the name of another fact. */
function named({ facts, interfaces }: HostFacts, subset: readonly string[]): Fields {
  const all = [...interfaces, ...Object.entries(facts)].map(([name, value]) => [`ansible_${name}`, value]);
  return { ...Object.fromEntries(all), gather_subset: subset, module_setup: true };
}

function filtered(facts: Fields, patterns: readonly string[]): Fields {
  const wanted = patterns.filter((pattern) => pattern !== '*');
  if (wanted.length < patterns.length || wanted.length === 0 || wanted.includes('')) return facts;
  const matches = (name: string) =>
    wanted.some((pattern) => matchesPattern(name, pattern) || matchesPattern(name, `ansible_${pattern}`));
  return Object.fromEntries(Object.entries(facts).filter(([name]) => matches(name)));
}

/** Names by which a host, whose interfaces can be called anything, could say how it is to be reached. */
const CONNECTION =
  /^ansible_(?!ssh_host_key_)(become|ssh|paramiko|winrm|psrp|local_|connection|host|port|user|password|private_key|shell|pipelining|timeout|module|remote|executable|facts|check_mode|diff_mode|version|play_|playbook_|role_|search_path|run_tags|skip_tags|verbosity|limit|forks|inventory_sources|config_file|loop|index_var|failed_|parent_|dependent_|async_|no_log|.*_interpreter)/;

/** Facts whose names begin like those of a connection's variables. */
const OWN = new Set([
  'ansible_hostname',
  'ansible_hostnqn',
  'ansible_local',
  ...['dir', 'gecos', 'gid', 'id', 'shell', 'uid'].map((name) => `ansible_user_${name}`),
]);

/** Both ways in which playbooks write them: `ansible_facts.distribution` and `ansible_distribution`. */
function gatheredOf(facts: Fields): Fields {
  const entries = Object.entries(facts);
  const bare = entries.map(([name, value]) => [name === 'ansible_local' ? name : name.replace(/^ansible_/, ''), value]);
  const variables = entries.filter(([name]) => OWN.has(name) || !CONNECTION.test(name));
  return { ...Object.fromEntries(variables), ansible_facts: Object.fromEntries(bare) };
}
