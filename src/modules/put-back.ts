import { z } from 'zod';
import type { BeforeImage } from '../core/before-image.js';
import { type Ask, ask } from '../core/fact.js';
import type { HostUndo } from '../core/host-undo.js';
import {
  type Action,
  change,
  type Module,
  type Outcome,
  refuse,
  run,
  skip,
  type TextDiff,
  unchanged,
} from '../core/module.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { count, printableLine } from '../core/text.js';
import { beforeImage } from '../facts/before-image.js';
import { hidePasswords } from '../flannel/hide-passwords.js';
import type { Answers } from './answers.js';
import { forgetFailures } from './forget-failures.js';
import { MAX_DIFF_BYTES } from './place-file.js';
import type { DueAction, Turn } from './put-back-file.js';
import { type FilePlan, type UndoPlan, type UnitVerb, undoPlan } from './undo-plan.js';

const Args = z.strictObject({
  /** Which of the host's identities. */
  part: z.number().int(),
  /** Another part has put files back already. */
  files_back: z.boolean().default(false),
});
type Needs = { now?: Ask<BeforeImage> };

/** How long a unit may take to start: 90 s by systemd's default, and some to say so. */
const UNIT_TIMEOUT_MS = 120_000;

/**
 * The module of a rollback: puts a host back as it was before a run, whole or not at all. It is made for one rollback
 * and is no module of playbooks, since what it does comes out of a journal.
 *
 * @param undos what there is to undo, by host, for each identity
 */
export function putBackModule(
  undos: ReadonlyMap<string, readonly (HostUndo | undefined)[]>,
): Module<z.infer<typeof Args>, Needs> {
  const undoOf = (host: string, part: number) => undos.get(host)?.[part];
  return {
    name: PUT_BACK,
    about: 'Puts a host back as it was before a run',
    example: '- put_back: { part: 0 }',
    args: Args,
    needs({ part }, { host }): Needs {
      const undo = undoOf(host, part);
      if (undo === undefined) return {};
      const files = undo.files.map(({ path }) => path);
      return { now: ask(beforeImage, { files, units: undo.units.map(({ name }) => name), keepContent: true }) };
    },
    plan({ part, files_back }, readings, { host }) {
      const undo = undoOf(host, part);
      const { now } = readings as Answers<Needs>;
      if (undo === undefined || now === undefined) return skip('the run changed nothing there');
      if (now.state !== 'present')
        return refuse(`what stands there now cannot be read${now.state === 'unreadable' ? `: ${now.why}` : ''}`);
      return outcomeOf(undoPlan(undo, now.value, files_back));
    },
  };
}

export const PUT_BACK = 'put_back';

function outcomeOf(plan: UndoPlan): Outcome {
  const refused = plan.files.filter((file) => file.kind === 'refuse');
  const notUndoable = plan.notUndoable.map((task) => `cannot be undone: ${task}`);
  const notes = { plan_notes: notUndoable, cannot_be_undone: plan.notUndoable };
  if (refused.length > 0) {
    const reasons = refused.map(({ file, why }) => `${printableLine(file.path)}: ${why}`);
    return refuse(`nothing is put back, as ${count(refused.length, 'file')} cannot be: ${reasons.join('; ')}`, {
      hint: 'Look at these files and put the host back by hand, or leave it out with --limit.',
      result: { refused: refused.map(({ file, why }) => ({ path: file.path, why })), ...notes },
    });
  }
  const back = plan.files.filter((file) => file.kind === 'put-back');
  const actions = actionsOf(plan, back);
  if (actions.length === 0)
    return unchanged(['it is as before the run', ...notUndoable].join('; '), { result: { ...notes, notice: true } });
  return change(whyOf(plan, back), {
    diff: back.flatMap(diffOf),
    actions,
    result: { put_back: back.map(({ file }) => file.path), ...notes },
  });
}

/** Copies of its own are counted and not named. */
const MOST_NAMED = 2;

type PutBack = Extract<FilePlan, { kind: 'put-back' }>;

function whyOf(plan: UndoPlan, back: readonly PutBack[]): string {
  const words = ({ file, note }: PutBack) => `${printableLine(file.path)}${note === undefined ? '' : ` (${note})`}`;
  const files = back.filter(({ file }) => file.before.kind !== 'absent').map(words);
  const made = back.filter(({ file }) => file.before.kind === 'absent').map(words);
  return [
    ...(files.length > 0 ? [`put back ${files.join(', ')}`] : []),
    ...(made.length > 0
      ? [`remove ${made.length > MOST_NAMED ? `${made.length} that it made` : made.join(', ')}`]
      : []),
    ...plan.units.map(({ name, verbs }) => `${verbs.join(' and ')} ${name}`),
    ...plan.restarts.map((command) => `run ${printableLine(command)}`),
  ].join('; ');
}

const TURNS: readonly Turn[] = ['folder', 'file', 'empty folder'];

/** Stops come while a unit's files still say how; starts come when every file is back. */
function actionsOf({ units, reload, restarts }: UndoPlan, back: readonly PutBack[]): Action[] {
  const each = (...wanted: readonly UnitVerb[]) =>
    units.flatMap(({ name, verbs }) =>
      verbs.filter((verb) => wanted.includes(verb)).map((verb) => unitAction(verb, name)),
    );
  const up = units.filter(({ verbs }) => verbs.includes('restart') || verbs.includes('start'));
  return [
    ...each('stop', 'disable', 'unmask'),
    ...inTurn(back.flatMap(({ due }) => due)),
    ...(reload ? [run(sh`systemctl daemon-reload`, { touches: {} })] : []),
    ...each('mask', 'enable'),
    ...(up.length > 0 ? [bringUp(up.map(({ name, verbs }) => ({ name, anew: verbs.includes('restart') })))] : []),
    ...restarts.map((command) =>
      run(scriptAsWritten(command), { touches: {}, restart: command, timeoutMs: UNIT_TIMEOUT_MS }),
    ),
  ];
}

function inTurn(due: readonly DueAction[]): Action[] {
  return TURNS.flatMap((turn) => {
    const now = due.filter((one) => one.turn === turn);
    const sign = turn === 'empty folder' ? -1 : 1;
    return now.sort((a, b) => sign * (depthOf(a.path) - depthOf(b.path))).map(({ action }) => action);
  });
}

function depthOf(path: string): number {
  return path.split('/').length;
}

function unitAction(verb: UnitVerb, name: string): Action {
  return run(sh`systemctl ${verb} -- ${name}`, { touches: { units: [name] }, timeoutMs: UNIT_TIMEOUT_MS });
}

/**
 * Brings units up in their order. One that went down and up along with an earlier one is not restarted a second time:
 * that would restart its containers twice.
 */
function bringUp(units: readonly { name: string; anew: boolean }[]): Action {
  const stamps = units.map(({ name }, index) => sh`${scriptAsWritten(`s${index}`)}=$(stamp ${name})`);
  const steps = units.map(({ name, anew }, index): Script => {
    const up = anew
      ? sh`if [ "$(stamp ${name})" = "$${scriptAsWritten(`s${index}`)}" ]; then systemctl restart -- ${name}; else systemctl start -- ${name}; fi`
      : sh`systemctl start -- ${name}`;
    return sh`${forgetFailures(name)}; { ${up}; } || { status=$?; journalctl -u ${name} -n 15 --no-pager -o cat >&2 2>/dev/null; exit $status; }`;
  });
  return run(joinScripts([STAMP, ...stamps, ...steps]), {
    touches: { units: units.map(({ name }) => name) },
    timeoutMs: units.length * UNIT_TIMEOUT_MS,
  });
}

const STAMP = scriptAsWritten('stamp() { systemctl show -p ActiveExitTimestampMonotonic -- "$1"; }');

function diffOf({ file, now }: PutBack): TextDiff[] {
  const [before, after] = [textOf(now), textOf(file.before)];
  if (file.hidden || before === undefined || after === undefined || before === after) return [];
  return [{ path: file.path, before: hidePasswords(before), after: hidePasswords(after) }];
}

/** Undefined for what cannot be shown as text. */
function textOf(image: UndoImage): string | undefined {
  if (image.kind === 'link') return `link to ${image.target}\n`;
  if (image.kind !== 'file') return image.kind === 'absent' ? '' : `${image.kind}\n`;
  const { content } = image;
  if (content === undefined || content.length > MAX_DIFF_BYTES || content.includes(0)) return undefined;
  return content.toString('utf8');
}

type UndoImage = PutBack['now'];
