import type { TaskContext } from '../core/module.js';
import { octal } from './file-mode.js';

/** A mode, where `preserve` stands for the one that a file of the controller has. */
export function preservedMode(
  mode: string | undefined,
  source: string | undefined,
  task: Pick<TaskContext, 'localMode'>,
): string | undefined {
  if (mode !== 'preserve') return mode;
  const found = source === undefined ? undefined : task.localMode(source);
  return found === undefined ? undefined : octal(found);
}
