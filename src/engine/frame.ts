import type { BlockStep, Inherited, Play, TaskStep, Variables } from '../playbook/play.js';

/** What a task has from the play and blocks around it, with its own words over theirs. */
export interface Frame extends Inherited {
  /** All of them have to hold, the outermost first. */
  readonly when: readonly string[];
  readonly notify: readonly string[];
  /** Inside a rescue or an always: a stop does not reach it, so that what was begun is undone. */
  readonly undoing: boolean;
}

/** A play's own frame. `fileVars` are those of its `vars_files`, which win over `vars`. */
export function frameOfPlay(play: Play, fileVars: Variables): Frame {
  return { ...play, vars: { ...play.vars, ...fileVars }, when: [], notify: [], undoing: false };
}

/** The frame inside a block, or of one task. */
export function innerFrame(outer: Frame, step: BlockStep | TaskStep): Frame {
  const inner = <K extends keyof Inherited>(key: K): Inherited[K] => step[key] ?? outer[key];
  return {
    vars: { ...outer.vars, ...step.vars },
    become: inner('become'),
    becomeUser: inner('becomeUser'),
    becomeMethod: inner('becomeMethod'),
    tags: [...outer.tags, ...step.tags],
    ignoreErrors: inner('ignoreErrors'),
    ignoreUnreachable: inner('ignoreUnreachable'),
    checkMode: inner('checkMode'),
    diff: inner('diff'),
    noLog: inner('noLog'),
    environment: inner('environment'),
    timeout: inner('timeout'),
    anyErrorsFatal: inner('anyErrorsFatal'),
    runOnce: inner('runOnce'),
    when: [...outer.when, ...step.when],
    notify: [...outer.notify, ...step.notify],
    undoing: outer.undoing,
  };
}
