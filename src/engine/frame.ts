import type { Inherited, Play, Role, Step, Variables } from '../playbook/play.js';
import type { Layers } from './variables.js';

/** What a task has from the play, the roles and the blocks around it, with its own words over theirs. */
export interface Frame extends Inherited {
  /** `vars` in two: those of the play and of roles, and over them those of blocks and of the task. */
  readonly base: Variables;
  readonly own: Variables;
  /** The role at hand, and what roles say that is weaker, and stronger, than all of `vars`. */
  readonly role: Role | undefined;
  readonly defaults: Variables;
  readonly params: Variables;
  /** The play that it is part of. */
  readonly of: Pick<Play, 'name' | 'folder' | 'roleNames'>;
  /** All of them have to hold, the outermost first. */
  readonly when: readonly string[];
  readonly notify: readonly string[];
  /** Inside a rescue or an always: a stop does not reach it, so that what was begun is undone. */
  readonly undoing: boolean;
  /** Somewhere around it is a rescue that takes up its failure. */
  readonly rescued: boolean;
  /** Of includes that stand in each other. */
  readonly depth: number;
}

/** A play's own frame. `fileVars` are those of its `vars_files`, which win over `vars`; those of its roles win over both. */
export function frameOfPlay(play: Play, fileVars: Variables): Frame {
  const base = Object.assign({}, play.vars, fileVars, ...play.roles.map((role) => role.vars));
  const defaults = Object.assign({}, ...play.roles.map((role) => role.defaults));
  return {
    ...play,
    base,
    own: {},
    vars: base,
    role: undefined,
    defaults,
    params: {},
    of: play,
    notify: [],
    undoing: false,
    rescued: false,
    depth: 0,
  };
}

/** The frame inside a block, or of one task. */
export function innerFrame(outer: Frame, step: Step): Frame {
  const inner = <K extends keyof Inherited>(key: K): Inherited[K] => step[key] ?? outer[key];
  const entered = step.role === outer.role ? undefined : step.role;
  const base = entered === undefined ? outer.base : { ...outer.base, ...entered.vars };
  const own = { ...outer.own, ...step.vars };
  return {
    base,
    own,
    vars: { ...base, ...own },
    role: step.role ?? outer.role,
    defaults: entered === undefined ? outer.defaults : { ...outer.defaults, ...entered.defaults },
    params: entered === undefined ? outer.params : { ...outer.params, ...entered.params },
    of: outer.of,
    become: inner('become'),
    becomeUser: inner('becomeUser'),
    becomeMethod: inner('becomeMethod'),
    tags: [...outer.tags, ...step.tags],
    ignoreErrors: inner('ignoreErrors'),
    ignoreUnreachable: inner('ignoreUnreachable'),
    checkMode: inner('checkMode'),
    diff: inner('diff'),
    noLog: inner('noLog'),
    environment: [...outer.environment, ...step.environment],
    moduleDefaults: [...outer.moduleDefaults, ...step.moduleDefaults],
    connection: inner('connection'),
    remoteUser: inner('remoteUser'),
    port: inner('port'),
    timeout: inner('timeout'),
    anyErrorsFatal: inner('anyErrorsFatal'),
    runOnce: inner('runOnce'),
    throttle: inner('throttle'),
    delegateTo: inner('delegateTo'),
    delegateFacts: inner('delegateFacts'),
    when: [...outer.when, ...step.when],
    notify: [...outer.notify, ...step.notify],
    undoing: outer.undoing,
    rescued: outer.rescued,
    depth: outer.depth,
  };
}

/** The variables that a frame brings to a task. */
export function layersOf({
  vars,
  role,
  defaults,
  params,
  of,
  environment,
  delegateTo,
}: Frame): Omit<Layers, 'loop' | 'hosts'> {
  return { play: vars, role, defaults, params, of, environment, delegateTo };
}
