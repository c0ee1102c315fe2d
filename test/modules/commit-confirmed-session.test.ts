import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { armScript } from '../../src/modules/commit-confirmed-scripts.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { startSshd } from '../support/sshd.js';

test('the timer of a host without systemd outlives the session that started it, and its sshd', async () => {
  const sshd = await startSshd();
  const dir = mkdtempSync(join(tmpdir(), 'guard-session-'));
  try {
    const [folder, file] = [join(dir, 'own', 'guards'), join(dir, 'file')];
    mkdirSync(join(dir, 'own'));
    writeFileSync(file, 'old');
    const connection = await connectSsh(sshd.target());
    const begun = Date.now();
    const armed = await connection.run(
      armScript({ folder, run: 'r', delaySeconds: 4, files: [file], units: [], command: undefined }),
      { timeoutMs: 10_000 },
    );
    expect(armed.stdout.toString()).toBe('armed\n');
    // It does not hold the session open either.
    expect(Date.now() - begun).toBeLessThan(3500);
    writeFileSync(file, 'new');
    await connection.close();
    await sshd.close();
    const outcome = join(folder, 'r', 'outcome');
    const deadline = Date.now() + 15_000;
    while (!existsSync(outcome) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readFileSync(outcome, 'utf8')).toBe('done\n');
    expect(readFileSync(file, 'utf8')).toBe('old');
  } finally {
    await sshd.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
