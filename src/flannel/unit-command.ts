import { type ExecStart, execStart, type Refusal } from './exec-start.js';
import { type FlanneldSite, flanneldSite } from './flanneld-site.js';
import type { CommandWord } from './marked-text.js';
import type { FlanneldCommand, FlanneldUnit } from './unit.js';

/** A unit's ExecStart and flanneld's place in it. */
export interface UnitCommand {
  readonly kind: 'command';
  readonly exec: ExecStart;
  readonly site: FlanneldSite;
  /** `FLANNELD_*` as flanneld gets them. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The command line and environment that flanneld gets from its unit, expanded as systemd expands them (and as the
 * shell does, where one stands in between). Specifiers and what only the host's shell knows are left as they are.
 * @returns `undefined` where the unit's form is not understood
 */
export function commandOf(unit: FlanneldUnit): FlanneldCommand | undefined {
  const read = readUnitCommand(unit);
  if (read.kind === 'refuse') return undefined;
  return { argv: read.site.words.map((word) => word.text.text), environment: read.environment };
}

/** The same with the place of every word, or the reason why it is not understood. */
export function readUnitCommand(unit: FlanneldUnit): UnitCommand | Refusal {
  const exec = execStart(unit);
  if ('kind' in exec) return exec;
  const program = unit.program;
  const found = flanneldSite(startedWords(exec), { variables: exec.variables, program, depth: 0 });
  if (found.kind === 'refuse') return found;
  const argv0 = exec.programWords === 2 ? [exec.words[1]?.text.text ?? ''] : [];
  const site = { ...found, around: [...argv0, ...found.around] };
  const inherited: Record<string, string> = {};
  for (const [name, variable] of exec.variables) {
    if (site.inherits && name.startsWith('FLANNELD_')) inherited[name] = variable.value.text;
  }
  return { kind: 'command', exec, site, environment: { ...inherited, ...site.environment } };
}

/** Under the `@` prefix the program's arguments begin behind the word that stands for argv[0]. */
function startedWords({ words, programWords }: ExecStart): readonly CommandWord[] {
  const [program, argv0, ...rest] = words;
  if (programWords === 1 || !program || !argv0) return words;
  return [{ ...argv0, text: program.text }, ...rest];
}
