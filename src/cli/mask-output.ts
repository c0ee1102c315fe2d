import { masked } from '../core/mask.js';

/**
 * Masks whatever is written to a stream from here on, as the last of several nets: reports mask what they show before
 * they cut it or break it into lines. Each write has to be whole lines, as all of ours are.
 */
export function maskOutput(stream: NodeJS.WritableStream): void {
  const write = stream.write.bind(stream) as (chunk: string | Uint8Array, ...rest: unknown[]) => boolean;
  const maskedWrite = (chunk: string | Uint8Array, ...rest: unknown[]) =>
    write(masked(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')), ...rest);
  stream.write = maskedWrite as typeof stream.write;
}
