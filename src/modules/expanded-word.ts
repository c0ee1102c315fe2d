import { type Script, scriptAsWritten, sh } from '../core/script.js';

/**
 * One word of a command in which the host puts `$NAME` and `${NAME}` from its environment and a leading `~`, as
 * Ansible does for `command` (Python's `expandvars` and `expanduser`). What is not set stays as it was written.
 */
export function expandedWord(text: string): Script {
  const home = /^~([a-z_][a-z0-9_-]*)?(?=\/|$)/.exec(text);
  const start = home?.[0].length ?? 0;
  const prefix = home ? (home[1] === undefined ? '"$HOME"' : home[0]) : '';
  return scriptAsWritten(`${prefix}${pieces(text.slice(start), home === null)}`);
}

function pieces(text: string, whole: boolean): string {
  let out = '';
  let from = 0;
  for (const found of text.matchAll(/\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g)) {
    if (found.index > from) out += sh`${text.slice(from, found.index)}`.text;
    out += variable(found[1] ?? found[2] ?? '', found[0]);
    from = found.index + found[0].length;
  }
  return from < text.length || (whole && out === '') ? out + sh`${text.slice(from)}`.text : out;
}

/** Set gives its value, else the text as it was written. */
function variable(name: string, written: string): string {
  return `"\${${name}-${written.replace('$', '\\$').replace('}', '\\}')}}"`;
}
