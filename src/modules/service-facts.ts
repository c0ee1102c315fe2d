import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, refuse, skip, unchanged } from '../core/module.js';
import { type HostService, hostServices } from '../facts/host-services.js';

const Args = z.preprocess((given) => given ?? {}, z.strictObject({}));

/** Which services the host has, and tells the run: `services`, by their names. */
export const serviceFacts = defineModule<z.infer<typeof Args>, { services: Ask<readonly HostService[]> }>({
  name: 'service_facts',
  about: 'Tells the run which services the host has, and whether they run',
  example: `- name: which services there are
  service_facts:`,
  args: Args,
  needs: () => ({ services: ask(hostServices, {}) }),
  plan(_, { services: read }) {
    if (read.state === 'unreadable') return refuse(`cannot look at the services: ${read.why}`);
    if (read.state === 'absent' || read.value.length === 0) {
      return skip('Failed to find any services; this host has neither systemd nor OpenRC nor init scripts that tell');
    }
    const services = Object.fromEntries(read.value.map((service) => [service.name, service]));
    const facts = { services };
    return unchanged(`${read.value.length} services`, {
      result: { ansible_facts: facts },
      gathered: { services, ansible_facts: facts },
    });
  },
});
