export type Severity = 'I' | 'W' | 'E';

/** One line as glog writes it; `source` is the file and line of flannel's own statement. */
export type Log = (severity: Severity, source: string, message: string) => void;

/**
 * `I1123 19:24:13.818745    3420 main.go:527] message`, in UTC.
 * @param nowMs milliseconds since 1970, with their fraction
 */
export function glogLine(severity: Severity, source: string, message: string, nowMs: number, pid: number): string {
  const at = new Date(Math.floor(nowMs));
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}`;
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  const micros = Math.floor((nowMs % 1000) * 1000);
  return `${severity}${day} ${clock}.${String(micros).padStart(6, '0')} ${String(pid).padStart(7)} ${source}] ${message}`;
}

/** Go's `time.Duration.String()` of a duration in nanoseconds: `22h59m59.996348908s`. */
export function goDuration(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const all = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const seconds = all / 1_000_000_000n;
  if (seconds === 0n) return all === 0n ? '0s' : `${sign}${Number(all) / 1e6}ms`;
  const fraction = String(all % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const tail = `${seconds % 60n}${fraction === '' ? '' : `.${fraction}`}s`;
  const minutes = (seconds / 60n) % 60n;
  const hours = seconds / 3600n;
  return sign + (hours > 0n ? `${hours}h${minutes}m${tail}` : minutes > 0n ? `${minutes}m${tail}` : tail);
}
