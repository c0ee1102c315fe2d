import type { Reading } from '../core/reading.js';
import type { Account } from '../facts/host-account.js';

/** Why users and groups of a host cannot be planned for; undefined where they can. */
export function accountTrouble(account: Reading<Account>): string | undefined {
  if (account.state === 'unreadable') return `cannot look at users and groups: ${account.why}`;
  if (account.state === 'absent') return 'cannot look at users and groups';
  if (account.value.tools) return undefined;
  return "this host has no useradd, usermod and groupadd; busybox's adduser cannot do what they do";
}
