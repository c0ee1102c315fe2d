import process from 'node:process';

/** Milliseconds of CPU that all threads of this process spent on some work; other processes on the machine do not count. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const from = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}
