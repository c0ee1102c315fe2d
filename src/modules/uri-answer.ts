import type { ActionOutput, Fields } from '../core/module.js';

/** What the task expects of an answer. */
export interface Expected {
  readonly statuses: readonly number[];
  readonly returnContent: boolean;
  readonly url: string;
}

/** The fields that Ansible's `uri` tells of an answer; of one with another status than expected, a failure. */
export function uriResult(output: ActionOutput | undefined, expected: Expected): Fields {
  const [, code, redirects, lines, changed, url = expected.url] =
    /^(\d+) (\d+) (\d+) (yes|no) (.*)$/m.exec(output?.stdout.split('\n')[0] ?? '') ?? [];
  const wanted = `[${expected.statuses.join(', ')}]`;
  if (output?.status !== 0 || code === undefined) {
    const why = output?.stderr.trim() || `exit status ${output?.status}`;
    const failure = { failed: true, changed: false, redirected: false, status: -1, url: expected.url };
    return { ...failure, msg: `Status code was -1 and not ${wanted}: Request failed: ${why}` };
  }
  const all = output.stdout.split('\n').slice(1);
  const headers = all.slice(0, Number(lines)).map((line) => line.replace(/\r$/, ''));
  const content = all.slice(Number(lines)).join('\n');
  const { reason, fields } = lastHead(headers);
  const status = Number(code);
  const result = {
    ...fields,
    // Ansible learns of an answer from 400 on by an error, which knows no cookies.
    ...(status < 400 && cookiesOf(headers)),
    status,
    url,
    redirected: Number(redirects) > 0,
    changed: changed === 'yes',
    ...jsonOf(String(fields.content_type ?? ''), content),
  };
  const error = `HTTP Error ${status}: ${reason}`;
  const text = content === '' ? 'unknown' : String(Buffer.byteLength(content));
  if (expected.statuses.includes(status)) {
    const msg = status < 400 ? `${reason || 'OK'} (${fields.content_length ?? text} bytes)` : error;
    return { ...result, msg, ...(expected.returnContent ? { content } : {}) };
  }
  return {
    ...result,
    content,
    failed: true,
    changed: false,
    msg: `Status code was ${status} and not ${wanted}: ${error}`,
  };
}

/** The head of the last answer; those before it redirected. */
function lastHead(lines: readonly string[]): { reason: string; fields: Fields } {
  const start = lines.findLastIndex((line) => /^HTTP\/\S+ \d/.test(line));
  const fields = new Map<string, string>();
  for (const line of lines.slice(start + 1)) {
    const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase().replaceAll('-', '_');
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  const reason = /^HTTP\/\S+ \d+\s*(.*)$/.exec(lines[start] ?? '')?.[1] ?? '';
  return { reason, fields: Object.fromEntries(fields) };
}

/** Cookies that were set on the way, by their names. */
function cookiesOf(lines: readonly string[]): Fields {
  const cookies = new Map(
    lines.flatMap((line): [string, string][] => {
      const [, name, value] = /^set-cookie:\s*([^=;]+)=([^;]*)/i.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
  const text = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return { cookies: Object.fromEntries(cookies), cookies_string: text };
}

function jsonOf(type: string, content: string): Fields {
  if (!/json/i.test(type)) return {};
  try {
    return { json: JSON.parse(content) };
  } catch {
    return {};
  }
}
