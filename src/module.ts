/**
 * What a module of a project is made of: a file in `library/` beside its playbook imports it as `fix-flannel/module`.
 * docs/own-modules.md shows how.
 */
export { z } from 'zod';
export { ABSENT, type Ask, type Asks, ask, defineFact, type Fact, type Readings } from './core/fact.js';
export {
  type Action,
  type ActionOutput,
  change,
  defineModule,
  type Fields,
  fail,
  type Learned,
  type Module,
  type Outcome,
  refuse,
  run,
  skip,
  type TaskContext,
  type TextDiff,
  unchanged,
} from './core/module.js';
export type { Reading } from './core/reading.js';
export { printBytes, type Script, Secret, type ShellValue, scriptAsWritten, sh } from './core/script.js';
export { fileContent } from './facts/file-content.js';
export { fileStat } from './facts/file-stat.js';
export { bool, float, int, list, octalMode, owner, path, text, word } from './modules/arguments.js';
export { touching } from './modules/touching.js';
