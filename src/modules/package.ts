import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, refuse } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { type HostPackages, hostPackages, PACKAGE_MANAGERS } from '../facts/host-packages.js';
import { listsFields, packageNames, plainCommands, planPackages } from './package-plan.js';

const Args = z.strictObject({
  name: packageNames.refine((names) => names.length > 0, 'is empty; a name is needed'),
  state: z
    .enum(['present', 'installed', 'absent', 'removed', 'latest'])
    .transform((state) => (state === 'installed' ? 'present' : state === 'removed' ? 'absent' : state)),
  use: z.enum(['auto', ...PACKAGE_MANAGERS]).default('auto'),
});

/** Packages, by whatever package manager the host has. */
export const packageModule = defineModule<z.infer<typeof Args>, { packages: Ask<HostPackages> }>({
  name: 'package',
  about: "Has packages installed, at their newest, or gone, by the host's own package manager",
  example: `- name: what flannel needs
  package:
    name: iptables
    state: present`,
  args: Args,
  needs: ({ name, state, use }) => ({
    packages: ask(hostPackages, {
      manager: use === 'auto' ? undefined : use,
      names: name,
      latest: state === 'latest',
    }),
  }),
  plan({ state }, { packages }) {
    if (packages.state === 'present' && packages.value.manager === 'zypper' && state === 'latest') {
      return refuse('state=latest is not supported with zypper', { hint: 'Name the version that is wanted.' });
    }
    const result = state === 'absent' ? {} : listsFields(valueIfPresent(packages));
    return planPackages({ state, result, ...plainCommands(state) }, packages);
  },
});
