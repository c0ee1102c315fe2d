import { readFileSync } from 'node:fs';

/** The lab's switch: how a flanneld that starts from now on is to fail. */
const FAULT_FILE = '/etc/lab-flanneld-fault';

const DIES_AFTER_MS = 3000;

/**
 * Fails as the lab's switch says: `exit` ends at once, `die` works and ends after three seconds, `mute` runs and never
 * gets to be ready. A second word `iface` keeps that to command lines with `-iface`.
 * @returns true where flanneld must not go on
 */
export function failAsTold(args: readonly string[]): boolean {
  const [how, when] = readFault().split(' ');
  if (when === 'iface' && !args.some((arg) => /^--?iface\b/.test(arg))) return false;
  switch (how) {
    case 'exit':
      process.stderr.write('panic: the lab told flanneld to fail\n');
      process.exit(1);
      return true;
    case 'die':
      setTimeout(() => process.exit(1), DIES_AFTER_MS);
      return false;
    case 'mute':
      setInterval(() => {}, 60_000);
      process.once('SIGTERM', () => process.exit(0));
      return true;
    default:
      return false;
  }
}

function readFault(): string {
  try {
    return readFileSync(FAULT_FILE, 'utf8').trim();
  } catch {
    return '';
  }
}
