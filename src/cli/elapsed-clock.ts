/** A step of the wall clock against the monotonic one that is no drift: the machine slept, or the clock was set. */
const JUMP_MS = 1000;

/**
 * Milliseconds since some moment, which only grow and miss no time.
 *
 * The monotonic clock runs on while the process is stopped, and stands still while the machine sleeps; the wall clock
 * shows the sleep. A wall clock that is set forward counts as time too: whoever asks how old a lock is then thinks it
 * older than it is, never younger.
 */
export function elapsedClock(monotonic: () => number = () => performance.now(), wall: () => number = Date.now) {
  let apart = wall() - monotonic();
  let slept = 0;
  return (): number => {
    const now = monotonic();
    const jump = wall() - now - apart;
    if (jump > JUMP_MS) slept += jump;
    if (jump > JUMP_MS || jump < 0) apart += jump;
    return now + slept;
  };
}
