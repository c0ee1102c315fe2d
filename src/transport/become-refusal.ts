import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { Become } from './become.js';

/** How an attempt to become another user came to nothing. */
export type BecomeFailure =
  | { readonly kind: 'known' }
  | { readonly kind: 'prompted' | 'silent' | 'ended'; readonly words: string; readonly sent: boolean };

/** The program takes nobody without a terminal; the attempt may be made again on one. */
export class TerminalWanted extends FixError {}

/** The error for a failed attempt, in the program's own words where it had any. */
export function becomeError(failure: BecomeFailure, become: Become, at: string): FixError {
  const { method, password } = become;
  if (failure.kind === 'known') {
    return new FixError('become/password', `${method} on ${at} has refused this password before in this run`, {
      hint: `Check ansible_become_password; it was sent once and not again. ${NO_LOCK_OUT}`,
      at,
    });
  }
  if (saysExpired(failure.words)) return refused(failure.words, become, at);
  const asks = failure.kind === 'prompted' || /a password is required/i.test(failure.words);
  if (asks && password === undefined) {
    return new FixError('become/password', `${method} on ${at} asks for a password, and none is given`, {
      hint: `Give ansible_become_password, or allow ${method} to ${printableLine(become.user)} without one.`,
      at,
    });
  }
  if (isWrongPassword(failure)) {
    return new FixError('become/password', `${method} on ${at} does not accept the password`, {
      hint: `Check ansible_become_password; it was sent once and not again. ${NO_LOCK_OUT}`,
      at,
    });
  }
  const said = failure.words === '' ? '' : ` (it said: ${failure.words})`;
  return refused(failure.kind === 'silent' ? `it gave no answer in time${said}` : failure.words, become, at);
}

/** A second prompt, or the program's own word for it, after the password has been sent. */
function isWrongPassword(failure: Exclude<BecomeFailure, { kind: 'known' }>): boolean {
  if (!failure.sent || saysExpired(failure.words)) return false;
  if (failure.kind === 'prompted') return true;
  return failure.kind === 'ended' && /incorrect|sorry, try|authentication (?:failure|token)/i.test(failure.words);
}

/** Whether sudo, su or a module behind them says that an account or a password has run out, and does not ignore it. */
export function saysExpired(words: string): boolean {
  return EXPIRED.test(words) && !/\(ignored\)/i.test(words);
}

const EXPIRED =
  /(?:account|password) (?:has |is )?expired|required to change your password|account validation failure/i;

const NO_LOCK_OUT = 'More wrong ones could lock the account.';

function refused(why: string, { method, user }: Become, at: string): FixError {
  const Kind = /must have a tty|must be run from a terminal/i.test(why) ? TerminalWanted : FixError;
  return new Kind('become/refused', `${method} to ${printableLine(user)} on ${at} failed: ${why}`, {
    hint: refusalHint(why, method),
    at,
  });
}

function refusalHint(why: string, method: Become['method']): string {
  if (saysExpired(why)) return 'Log in by hand and set a new password, or have the account renewed.';
  if (/not found|no such file/i.test(why)) {
    return `Install ${method} on the host, connect as root, or set ansible_become_method.`;
  }
  if (/tty|terminal/i.test(why)) return "Take `requiretty` out of the host's sudoers for this user.";
  if (/not allowed|not in the sudoers/i.test(why)) return `Allow this user ${method} to /bin/sh, or connect as root.`;
  if (/not available|restricted shell/i.test(why)) {
    return 'su honours the login shell of that user here: set ansible_become_method to sudo, or connect as root.';
  }
  return `Try \`${method}\` by hand on the host as the same user.`;
}
