import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Real users of this machine, gone with their homes and sudoers after `remove()`. */
export interface TestUsers {
  /** Adds one with a home folder; the password is `PASSWORD`. */
  add(options?: { shell?: string }): TestUser;
  /** Replaces the rules of sudoers that these users have. */
  sudoers(lines: readonly string[]): void;
  remove(): void;
}

export interface TestUser {
  readonly name: string;
  readonly home: string;
}

export const PASSWORD = 'correct horse';

let made = 0;

export function testUsers(): TestUsers {
  const folder = mkdtempSync(join(tmpdir(), 'test-users-'));
  chmodSync(folder, 0o755);
  made += 1;
  const mark = `t${process.pid}${String.fromCharCode(96 + made)}`;
  const rules = `/etc/sudoers.d/${mark}`;
  const names: string[] = [];
  return {
    add({ shell = '/bin/bash' } = {}) {
      const name = `${mark}${names.length}`;
      const home = join(folder, name);
      execFileSync('useradd', ['-m', '-k', '/dev/null', '-d', home, '-s', shell, name], { stdio: 'ignore' });
      execFileSync('chpasswd', { input: `${name}:${PASSWORD}\n` });
      names.push(name);
      return { name, home };
    },
    sudoers(lines) {
      // Put in place whole: sudo refuses everybody while it reads half a line.
      writeFileSync(`${rules}~`, `${lines.join('\n')}\n`, { mode: 0o440 });
      execFileSync('visudo', ['-c', '-q', '-f', `${rules}~`]);
      execFileSync('mv', [`${rules}~`, rules]);
    },
    remove() {
      rmSync(rules, { force: true });
      rmSync(`${rules}~`, { force: true });
      for (const name of names) execFileSync('userdel', ['-f', name], { stdio: 'ignore' });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
