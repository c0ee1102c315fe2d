import process from 'node:process';
import type { CheckReport } from '../compliance/report.js';
import { EXIT, messageOf } from '../core/error.js';
import { masked } from '../core/mask.js';
import { jsonWithoutControls } from '../core/printable.js';
import { printableLine } from '../core/text.js';
import { folderOf, isReportId, reportIn } from '../history/history-folder.js';
import { namesIn } from '../journal/durable-file.js';
import type { ScheduleMark } from '../schedule/schedule.js';
import { type ScheduleStatus, scheduleStatus } from '../schedule/schedule-status.js';
import { openSystemd } from '../schedule/systemd.js';
import { schedulesIn } from '../schedule/unit-folder.js';
import { EXIT_ABOUT } from './error-reference.js';
import { type UnitPlace, unitFolderOf } from './schedule-place.js';
import { unknownSchedule } from './schedule-remove.js';

export interface StatusOptions extends UnitPlace {
  readonly json?: boolean;
}

/** A schedule, how systemd has it, and what its last report said. */
interface Line {
  readonly mark: ScheduleMark;
  readonly status: ScheduleStatus | undefined;
  readonly report: LastReport;
}

type LastReport = Pick<CheckReport, 'id' | 'startedAt' | 'verdict'> | { readonly none: string };

/** `schedule status`: when each check ran and runs next, and how it ended. @returns the exit status */
export async function showSchedules(name: string | undefined, options: StatusOptions): Promise<number> {
  const folder = unitFolderOf(options);
  const marks = schedulesIn(folder).filter((mark) => name === undefined || mark.name === name);
  if (name !== undefined && marks.length === 0) throw unknownSchedule(name, folder);
  const systemd = openSystemd(options.user ? 'user' : 'system');
  const away = await systemd.whyAway();
  const lines: Line[] = [];
  for (const mark of marks) {
    const status = away === undefined ? await scheduleStatus(mark.name, systemd) : undefined;
    lines.push({ mark, status, report: await lastReport(mark) });
  }
  const text = options.json ? asJson(lines, away) : asText(lines, folder, away);
  process.stdout.write(masked(`${text}\n`));
  return away !== undefined && marks.length > 0 ? EXIT.notEvaluated : EXIT.sound;
}

/**
 * Read without asking whose the folder is: that of a service with a user of its own belongs to nobody who is there
 * when no check runs. Nothing is done with it but to be shown.
 */
async function lastReport({ state, inventory }: ScheduleMark): Promise<LastReport> {
  const folder = folderOf(state, inventory);
  try {
    const ids = (await namesIn(folder)).map((entry) => entry.name.replace(/\.json$/, '')).filter(isReportId);
    const last = ids.sort().at(-1);
    const report = last === undefined ? undefined : await reportIn(folder, last);
    if (report === undefined) return { none: 'none yet' };
    return { id: report.id, startedAt: report.startedAt, verdict: report.verdict };
  } catch (error) {
    return { none: printableLine(messageOf(error), 200) };
  }
}

function asJson(lines: readonly Line[], away: string | undefined): string {
  const schedules = lines.map(({ mark, status, report }) => ({
    ...mark,
    systemd: status ?? null,
    lastReport: 'none' in report ? null : report,
  }));
  return jsonWithoutControls(JSON.stringify({ systemd: away ?? 'answers', schedules }, null, 2));
}

function asText(lines: readonly Line[], folder: string, away: string | undefined): string {
  if (lines.length === 0) return `No schedules in ${printableLine(folder)}.`;
  const trouble = away === undefined ? [] : [`systemd does not answer, so no times are known: ${away}.`, ''];
  return [...trouble, ...lines.flatMap((line, at) => [...(at > 0 ? [''] : []), ...linesOf(line)])].join('\n');
}

function linesOf({ mark, status, report }: Line): string[] {
  const row = (head: string, text: string) => `  ${head.padEnd(12)} ${text}`;
  const reported =
    'none' in report ? report.none : `${report.startedAt}: ${printableLine(report.verdict.line, 200)} (${report.id})`;
  return [
    `${mark.name}: ${printableLine(mark.inventory)}`,
    ...(status === undefined ? [] : [row('next check', nextOf(status)), row('last check', lastOf(status))]),
    row('last report', reported),
    row('kept in', printableLine(mark.state)),
  ];
}

function nextOf({ timer, isEnabled, next, isRunning }: ScheduleStatus): string {
  if (isRunning) return 'running now';
  if (timer === 'not loaded') return 'none: systemd has not read the timer; run `systemctl daemon-reload`';
  if (timer === 'stopped') return 'none: the timer is stopped; `systemctl enable --now` starts it';
  return `${next ?? 'unknown'}${isEnabled ? '' : ', but the timer does not start at boot'}`;
}

function lastOf({ lastEnd, exitStatus, result }: ScheduleStatus): string {
  if (lastEnd === null) return 'none since the machine was started';
  if (exitStatus === null) return `${lastEnd}, stopped: ${printableLine(result ?? 'unknown', 40)}`;
  const name = (Object.keys(EXIT) as (keyof typeof EXIT)[]).find((key) => EXIT[key] === exitStatus);
  return `${lastEnd}, ended with ${exitStatus}${name === undefined ? '' : `: ${EXIT_ABOUT[name]}`}`;
}
