import { masked } from '../../core/mask.js';
import { jsonWithoutControls } from '../../core/printable.js';
import { printableLine } from '../../core/text.js';
import type { Occurrence } from '../../history/compare.js';
import type { News } from './news.js';

/** News as the JSON that a webhook takes, secrets masked. */
export function messageText(news: News, kind: 'slack' | 'plain'): string {
  return jsonWithoutControls(masked(JSON.stringify(kind === 'slack' ? slackMessage(news) : news)));
}

/** Slack's limit for a text block is 3000. */
const MOST_CHARACTERS = 2800;
const LINES = 12;

/** Blocks are plain text, in which nothing is a link, a mention or markup; the line for notifications is escaped. */
function slackMessage(news: News): object {
  const title = printableLine(`${news.cluster}: ${news.line}`, 2000);
  const lines = linesOf(news);
  const shown = lines.slice(0, LINES);
  const rest = lines.length - shown.length + news.more;
  const details = [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n').slice(0, MOST_CHARACTERS);
  return {
    text: escaped(title),
    blocks: [section(title), ...(details === '' ? [] : [section(details)])],
  };
}

function section(text: string): object {
  return { type: 'section', text: { type: 'plain_text', text, emoji: false } };
}

/** @see https://api.slack.com/reference/surfaces/formatting#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function linesOf({ began, ended, notSeen, hostsLost, hostsBack }: News): string[] {
  return [
    ...byFinding('began', began),
    ...byFinding('ended', ended),
    ...byFinding('out of sight', notSeen),
    ...(hostsLost.length > 0 ? [`hosts lost: ${printableLine(hostsLost.join(', '))}`] : []),
    ...(hostsBack.length > 0 ? [`hosts back: ${printableLine(hostsBack.join(', '))}`] : []),
  ];
}

/** A fault of several hosts is one line. */
function byFinding(word: string, occurrences: readonly Occurrence[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { id, severity, title, host } of occurrences) {
    const head = `${word}: ${id} ${severity === 'error' ? 'error' : 'warning'}, ${printableLine(title, 100)}`;
    lines.set(head, [...(lines.get(head) ?? []), ...(host === null ? [] : [host])]);
  }
  return [...lines].map(([head, hosts]) => (hosts.length === 0 ? head : `${head}: ${printableLine(hosts.join(', '))}`));
}
