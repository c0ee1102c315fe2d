import type { World } from '../engine/run.js';
import type { EtcdHealth } from '../flannel/probes.js';
import type { Registry } from '../flannel/registry.js';
import { keptError } from './kept-error.js';
import { keptText } from './kept-text.js';
import { kubernetesPlace, placeKey } from './questions.js';
import type { Kept, KeptEtcd, KeptPlace } from './recording.js';

type Registries = Pick<World, 'openRegistry' | 'openKubernetes' | 'etcdHealth' | 'whereIsConfig'>;

interface Heard {
  readonly place: KeptPlace;
  config?: Kept<Awaited<ReturnType<Registry['config']>>>;
  leases?: Kept<Awaited<ReturnType<Registry['leases']>>>;
  health?: Kept<EtcdHealth>;
  whereIsConfig?: Kept<string>;
}

/** Listens to what is read where leases are kept. */
export function registryRecorder(world: Registries): { readonly world: Registries; heard(): KeptEtcd[] } {
  const places = new Map<string, Heard>();
  const heardOf = (place: KeptPlace): Heard => {
    const heard = places.get(placeKey(place)) ?? { place };
    places.set(placeKey(place), heard);
    return heard;
  };
  const { openKubernetes } = world;
  return {
    world: {
      openRegistry: (spec, tunnel) => listening(heardOf(spec), () => world.openRegistry(spec, tunnel)),
      ...(openKubernetes && {
        openKubernetes: (spec) => listening(heardOf(kubernetesPlace(spec)), () => openKubernetes(spec)),
      }),
      etcdHealth: (spec, tunnel) => listen(heardOf(spec), 'health', () => world.etcdHealth(spec, tunnel)),
      whereIsConfig: (spec, tunnel) => listen(heardOf(spec), 'whereIsConfig', () => world.whereIsConfig(spec, tunnel)),
    },
    heard: () => [...places.values()].map(keptEtcd),
  };
}

function listening(heard: Heard, open: () => Registry): Registry {
  try {
    const registry = open();
    return {
      store: registry.store,
      deleteLease: (lease) => registry.deleteLease(lease),
      close: () => registry.close(),
      config: () => listen(heard, 'config', () => registry.config()),
      leases: () => listen(heard, 'leases', () => registry.leases()),
    };
  } catch (error) {
    heard.config ??= { error: keptError(error) };
    throw error;
  }
}

/** Another road to the same etcd may lead there: an answer stays, whatever goes wrong after it. */
async function listen<T>(heard: Heard, part: Exclude<keyof Heard, 'place'>, ask: () => Promise<T>): Promise<T> {
  try {
    const value = await ask();
    Object.assign(heard, { [part]: { value } });
    return value;
  } catch (error) {
    const known = heard[part];
    if (known === undefined || 'error' in known) Object.assign(heard, { [part]: { error: keptError(error) } });
    throw error;
  }
}

function keptEtcd({ place: { store, endpoints, prefix }, config, leases, health, whereIsConfig }: Heard): KeptEtcd {
  return {
    store,
    endpoints: endpoints.map(keptText),
    prefix: keptText(prefix),
    config: maskedAgain(config),
    leases: maskedAgain(leases),
    health: maskedAgain(health),
    whereIsConfig:
      whereIsConfig && 'value' in whereIsConfig ? { value: keptText(whereIsConfig.value) } : maskedAgain(whereIsConfig),
  };
}

/** An error may have been heard before its secret was known; values are masked where they are written. */
function maskedAgain<T>(part: Kept<T> | undefined): Kept<T> | undefined {
  if (part === undefined || !('error' in part)) return part;
  const { code, message, hint } = part.error;
  return { error: { code, message: keptText(message), hint: keptText(hint) } };
}
