import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  type Action,
  type ActionOutput,
  change,
  defineModule,
  type Fields,
  type Outcome,
  refuse,
  run,
  unchanged,
} from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { joinScripts, type Script, sh } from '../core/script.js';
import { type SystemdUnit, systemdUnit } from '../facts/systemd-unit.js';
import type { Answers } from './answers.js';
import { bool, renamed, word } from './arguments.js';

const STATES = ['started', 'stopped', 'restarted', 'reloaded'] as const;

const Args = z.preprocess(
  (given) =>
    renamed(given, {
      service: 'name',
      unit: 'name',
      args: 'arguments',
      'daemon-reload': 'daemon_reload',
      'daemon-reexec': 'daemon_reexec',
    }),
  z
    .strictObject({
      name: word
        .refine(
          (name) => /^[\w@.:\\-]+$/.test(name) && !name.startsWith('-'),
          'is no name of a unit; patterns are not supported',
        )
        .optional(),
      state: z.enum(STATES).optional(),
      enabled: bool.optional(),
      masked: bool.optional(),
      force: bool.default(false),
      daemon_reload: bool.default(false),
      daemon_reexec: bool.default(false),
      no_block: bool.default(false),
      scope: z.literal('system', { error: 'only the scope system is supported' }).default('system'),
      // Of `service`; systemd needs none of them.
      use: z.enum(['auto', 'systemd']).optional(),
      arguments: word.optional(),
      pattern: word.optional(),
      runlevel: word.optional(),
      sleep: z.coerce.number().optional(),
    })
    .refine(({ name, state, enabled, masked }) => name !== undefined || (state ?? enabled ?? masked) === undefined, {
      message: 'state, enabled and masked need a name',
    })
    .refine(({ name, state, enabled, masked, daemon_reload, daemon_reexec }) => {
      return (state ?? enabled ?? masked) !== undefined || daemon_reload || daemon_reexec || name !== undefined;
    }, 'one of state, enabled, masked, daemon_reload, daemon_reexec is needed'),
);

type SystemdArguments = z.infer<typeof Args>;
type Needs = { unit?: Ask<SystemdUnit> };

/** A unit that runs or not, now and after a boot. */
export const systemd = defineModule<SystemdArguments, Needs>({
  name: 'systemd',
  about: 'Starts, stops, restarts, enables or masks a systemd unit',
  example: `- name: the time daemon runs, now and after a boot
  systemd:
    name: chrony
    state: started
    enabled: true`,
  args: Args,
  needs: ({ name }) => (name === undefined ? ({} as Needs) : { unit: ask(systemdUnit, { unit: name }) }),
  plan(args, readings, { check }) {
    const reload = managerSteps(args);
    if (args.name === undefined) return managerOnly(reload);
    const reading = (readings as Answers<Needs>).unit;
    if (reading?.state === 'unreadable') return refuse(`cannot look at ${args.name}: ${reading.why}`);
    const unit = reading && valueIfPresent<SystemdUnit>(reading);
    const trouble = whyNot(args, args.name, unit, check);
    if (trouble !== undefined) return refuse(trouble);
    const steps = unitSteps(args, unit);
    const result = resultOf(args, args.name, unit);
    if (steps.length === 0 && reload.length === 0) return unchanged(`${args.name} is already so`, { result });
    if (steps.length === 0) return managerOnly(reload, result);
    const verbs = steps.map((step) => step.verb);
    return change(`${args.name}: ${verbs.join(', ')}`, {
      diff: [{ path: args.name, ...stateTexts(args, unit) }],
      actions: [stepsAction([...reload, ...steps], args)],
      result,
      conclude: ([output]) => conclusion(args.name ?? '', output),
    });
  },
});

interface Step {
  readonly verb: string;
  /** Undefined for the manager itself. */
  readonly unit: string | undefined;
}

function managerSteps({ daemon_reload, daemon_reexec }: SystemdArguments): Step[] {
  return [
    ...(daemon_reload ? [{ verb: 'daemon-reload', unit: undefined }] : []),
    ...(daemon_reexec ? [{ verb: 'daemon-reexec', unit: undefined }] : []),
  ];
}

/** A reload of the manager alone is done, and counts as no change, as with Ansible. */
function managerOnly(steps: readonly Step[], result: Fields = {}): Outcome {
  if (steps.length === 0) return unchanged('nothing was asked for', { result });
  return change(steps.map((step) => step.verb).join(', '), {
    actions: [stepsAction(steps, { no_block: false, force: false })],
    result: { name: null, status: {}, ...result, changed: false },
    conclude: ([output]) => conclusion('', output),
  });
}

function whyNot(
  args: SystemdArguments,
  name: string,
  unit: SystemdUnit | undefined,
  check: boolean,
): string | undefined {
  if (!unit) {
    // What is not there yet may be once the manager has read its files again; masking needs no unit.
    if (args.daemon_reload && !check) return undefined;
    if (args.state === undefined && args.enabled === undefined) return undefined;
    return `Could not find the requested service ${name}: host`;
  }
  if (unit.loadState === 'error' || unit.loadState === 'bad-setting') {
    return `Error loading unit file '${name}': ${unit.properties.LoadError || unit.loadState}`;
  }
  const staysMasked = unit.loadState === 'masked' && args.masked !== false;
  if (staysMasked && args.state !== undefined && args.state !== 'stopped') return `Unit ${name} is masked`;
  return staysMasked && args.enabled === true ? `Unit ${name} is masked` : undefined;
}

const ENABLED = new Set(['enabled', 'enabled-runtime', 'static', 'generated', 'transient']);

function unitSteps({ name: unit, masked, enabled, state }: SystemdArguments, now: SystemdUnit | undefined): Step[] {
  const steps: Step[] = [];
  const isMasked = now?.enablement === 'masked' || now?.enablement === 'masked-runtime';
  if (masked !== undefined && masked !== isMasked) steps.push({ verb: masked ? 'mask' : 'unmask', unit });
  const isEnabled = ENABLED.has(now?.enablement ?? '');
  if (enabled !== undefined && enabled !== isEnabled && !(isMasked && !enabled)) {
    steps.push({ verb: enabled ? 'enable' : 'disable', unit });
  }
  const verb = verbFor(state, now);
  return verb === undefined ? steps : [...steps, { verb, unit }];
}

function verbFor(state: SystemdArguments['state'], now: SystemdUnit | undefined): string | undefined {
  if (state === undefined) return undefined;
  const running = isRunning(now);
  if (state === 'stopped') return running || now?.activeState === 'deactivating' ? 'stop' : undefined;
  if (state === 'started') return running ? undefined : 'start';
  if (!running) return 'start';
  return state === 'restarted' ? 'restart' : 'reload';
}

function isRunning(now: SystemdUnit | undefined): boolean {
  return now !== undefined && ['active', 'activating', 'reloading'].includes(now.activeState);
}

/** Starting waits for the unit, which has its own limits. */
const UNIT_TIMEOUT_MS = 15 * 60 * 1000;

/** One script for all steps. The first that fails names itself on stdout and adds the unit's last lines to stderr. */
function stepsAction(steps: readonly Step[], { no_block, force }: { no_block: boolean; force: boolean }): Action {
  const options = [...(no_block ? ['--no-block'] : []), ...(force ? ['--force'] : [])];
  const scripts: Script[] = steps.map(({ verb, unit }) =>
    unit === undefined
      ? sh`systemctl ${verb} || { s=$?; echo ${verb}; exit $s; }`
      : sh`systemctl ${options} ${verb} -- ${unit} || { s=$?; echo ${verb}; last ${unit}; exit $s; }`,
  );
  const last = sh`last() { journalctl -u "$1" -n 20 --no-pager -o cat 2>/dev/null | tail -n 20 >&2; }`;
  const units = [...new Set(steps.flatMap(({ unit }) => unit ?? []))];
  return run(joinScripts([last, ...scripts]), { mayFail: true, timeoutMs: UNIT_TIMEOUT_MS, touches: { units } });
}

function conclusion(name: string, output: ActionOutput | undefined): Fields {
  if (output === undefined || output.status === 0) return {};
  const verb = output.stdout.trim();
  const said = output.stderr.trim();
  const msg = verb.startsWith('daemon-')
    ? `failure ${output.status} during ${verb}: ${said}`
    : `Unable to ${verb || 'change'} service ${name}: ${said}`;
  return { failed: true, changed: false, msg };
}

function resultOf({ state, enabled, masked }: SystemdArguments, name: string, unit: SystemdUnit | undefined): Fields {
  return {
    name,
    status: unit?.properties ?? {},
    ...(state === undefined ? {} : { state: state === 'stopped' ? 'stopped' : 'started' }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(masked === undefined ? {} : { masked }),
  };
}

function stateTexts(args: SystemdArguments, unit: SystemdUnit | undefined): { before: string; after: string } {
  const before = { state: unit?.activeState ?? 'unknown', enabled: unit?.enablement ?? 'unknown' };
  const after = {
    state: args.state ?? before.state,
    enabled:
      args.masked === true
        ? 'masked'
        : args.enabled === undefined
          ? before.enabled
          : args.enabled
            ? 'enabled'
            : 'disabled',
  };
  const lines = ({ state, enabled }: typeof before) => `state: ${state}\nenablement: ${enabled}\n`;
  return { before: lines(before), after: lines(after) };
}
