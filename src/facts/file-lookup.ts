import { ABSENT } from '../core/fact.js';
import { type Script, scriptAsWritten } from '../core/script.js';

/**
 * A shell function for facts about files: `gone PATH` exits as absent, or as unreadable where a directory on the way
 * cannot be searched.
 */
export const LOOKUP: Script = scriptAsWritten(`gone() {
  d=$1
  while :; do
    case $d in */*) d=\${d%/*}; [ -n "$d" ] || d=/ ;; *) d=. ;; esac
    if [ -d "$d" ]; then
      [ ! -x "$d" ] || exit ${ABSENT}
      printf '%s: Permission denied\\n' "$d" >&2; exit 13
    fi
    case $d in / | .) exit ${ABSENT} ;; esac
  done
}`);

/** After `p=...`: goes on only where something exists there, links followed. */
export const EXISTS: Script = scriptAsWritten('[ -e "$p" ] || gone "$p"');

/** The same, where a link that leads nowhere exists too. */
export const EXISTS_OR_LINK: Script = scriptAsWritten('[ -e "$p" ] || [ -L "$p" ] || gone "$p"');
