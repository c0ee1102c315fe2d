import type { Action, Fields } from '../core/module.js';
import { run } from '../core/module.js';
import { scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import type { FileKind } from '../facts/file-stat.js';
import { octal, resolvedMode, toldMode } from './file-mode.js';
import { stateName } from './file-state.js';
import { touching } from './touching.js';

/** What a task wants of a file besides its content. */
export interface WantedAttributes {
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** What a file has; a subset of `file.stat`. */
export interface Attributes {
  readonly kind: FileKind | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly links?: number;
}

/** The attributes that differ, as text; empty where all are as wanted. */
export interface AttributeChange {
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/** Compares names with names and numbers with numbers, as the task wrote them. A link has no mode of its own. */
export function attributeChange(wanted: WantedAttributes, now: Attributes): AttributeChange {
  const before: Record<string, string> = {};
  const after: Record<string, string> = {};
  const note = (name: string, was: string, will: string) => {
    if (was === will) return;
    before[name] = was;
    after[name] = will;
  };
  if (wanted.owner !== undefined) note('owner', inTermsOf(wanted.owner, now.uid, now.user), wanted.owner);
  if (wanted.group !== undefined) note('group', inTermsOf(wanted.group, now.gid, now.group), wanted.group);
  if (wanted.mode !== undefined && now.kind !== 'link') {
    note('mode', octal(now.mode), octal(resolvedMode(wanted.mode, now.mode, now.kind === 'directory')));
  }
  return { before, after };
}

export function differs(change: AttributeChange): boolean {
  return Object.keys(change.after).length > 0;
}

/** What makes a path's attributes as wanted; the mode last, because a change of owner clears setuid. */
export function attributeActions(path: string, { after }: AttributeChange): Action[] {
  return Object.keys(after).length === 0 ? [] : [run(attributeScript([path], after), touching(path))];
}

/** One script for many paths that need the same. Links are changed themselves, never followed. */
export function attributeScript(paths: readonly string[], { owner, group, mode }: Readonly<Record<string, string>>) {
  const words = paths.map(pathWord);
  const steps = [
    ...(owner === undefined ? [] : [sh`chown -h ${owner} ${words}`]),
    ...(group === undefined ? [] : [sh`chgrp -h ${group} ${words}`]),
    ...(mode === undefined ? [] : [sh`chmod ${mode} ${words}`]),
  ];
  return steps.reduce((all, step) => sh`${all} && ${step}`, scriptAsWritten(':'));
}

/** The fields that Ansible adds to the result of every task on a file. */
export function attributeFields(stat: Attributes & { sizeBytes?: number }, change: AttributeChange): Fields {
  const { owner, group, mode } = change.after;
  const number = (name: string | undefined, now: number) => (name === undefined ? now : Number(name) || undefined);
  return {
    uid: number(owner, stat.uid),
    gid: number(group, stat.gid),
    owner: owner ?? stat.user,
    group: group ?? stat.group,
    mode: toldMode(mode ?? octal(stat.mode)),
    state: stateName({ links: 1, ...stat }),
    ...(stat.sizeBytes === undefined ? {} : { size: stat.sizeBytes }),
  };
}

/** The same of something that stays as it is. */
export function unchangedFields(stat: Attributes & { sizeBytes?: number }): Fields {
  return attributeFields(stat, { before: {}, after: {} });
}

/** Text for `--diff`: one `name: value` line for each attribute. */
export function attributeText(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

function inTermsOf(wanted: string, id: number, name: string | undefined): string {
  return /^\d+$/.test(wanted) ? String(id) : (name ?? String(id));
}
