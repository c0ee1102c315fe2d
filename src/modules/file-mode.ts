/** `0644` as text of four octal digits. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** As Ansible tells it of a file that a task is about: a zero before the digits, also where there are four. */
export function toldMode(mode: string): string {
  return `0${mode.replace(/^0+/, '').padStart(3, '0')}`;
}

/** The default of most systems, which a symbolic mode without a user (`+w`) respects. */
const UMASK = 0o022;

/**
 * The mode that a request makes of a file's own.
 *
 * @param wanted octal text, or symbolic as `chmod` takes it: `u=rwX,g+s,o-rwx`
 * @param current 0 to 0o7777
 */
export function resolvedMode(wanted: string, current: number, isDirectory: boolean): number {
  if (/^[0-7]+$/.test(wanted)) return Number.parseInt(wanted, 8);
  return wanted.split(',').reduce((mode, clause) => withClause(clause.trim(), mode, current, isDirectory), current);
}

function withClause(clause: string, mode: number, original: number, isDirectory: boolean): number {
  const users = /^[ugoa]*/.exec(clause)?.[0] ?? '';
  let result = mode;
  for (const [, operator, perms = ''] of clause.slice(users.length).matchAll(/([-+=])([rwxXstugo]*)/g)) {
    for (const user of users === '' || users.includes('a') ? USERS : USERS.filter((one) => users.includes(one))) {
      const bits = bitsFor(user, perms, { original, isDirectory, masked: users === '' });
      if (operator === '+') result |= bits;
      else if (operator === '-') result &= ~bits;
      else result = (result & ~((7 << SHIFT[user]) | SPECIAL[user])) | bits;
    }
  }
  return result;
}

type User = 'u' | 'g' | 'o';
const USERS: readonly User[] = ['u', 'g', 'o'];
const SHIFT: Readonly<Record<User, number>> = { u: 6, g: 3, o: 0 };
const SPECIAL: Readonly<Record<User, number>> = { u: 0o4000, g: 0o2000, o: 0o1000 };

interface Current {
  readonly original: number;
  readonly isDirectory: boolean;
  /** No user was named: the umask's bits are left alone. */
  readonly masked: boolean;
}

function bitsFor(user: User, perms: string, { original, isDirectory, masked }: Current): number {
  let rwx = 0;
  let copied = 0;
  let special = 0;
  for (const perm of perms) {
    if (perm === 'r') rwx |= 4;
    if (perm === 'w') rwx |= 2;
    if (perm === 'x') rwx |= 1;
    if (perm === 'X' && (isDirectory || (original & 0o111) !== 0)) copied |= 1;
    if (perm === 'u' || perm === 'g' || perm === 'o') copied |= (original >> SHIFT[perm]) & 7;
    if ((perm === 's' && user !== 'o') || (perm === 't' && user === 'o')) special |= SPECIAL[user];
  }
  const bits = rwx << SHIFT[user];
  return (masked ? bits & ~UMASK : bits) | (copied << SHIFT[user]) | special;
}
