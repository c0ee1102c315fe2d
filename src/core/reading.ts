/** What reading a fact gave. "Not there" and "could not look" call for different cures, so neither is an empty value. */
export type Reading<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string };

export const present = <T>(value: T): Reading<T> => ({ state: 'present', value });
export const absent: Reading<never> = { state: 'absent' };
export const unreadable = (why: string): Reading<never> => ({ state: 'unreadable', why });

/** The value, or `undefined` where there is none for whatever reason. */
export function valueIfPresent<T>(reading: Reading<T>): T | undefined {
  return reading.state === 'present' ? reading.value : undefined;
}
