import { failed } from './failure.js';

/** @throws FixError `template/failed` for an option that a lookup does not have here, by its name */
export function refuseOptions(
  lookup: string,
  options: Readonly<Record<string, unknown>>,
  known: readonly string[] = [],
): void {
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const hint = known.length === 0 ? 'It has no options here.' : `It has ${known.join(', ')} here.`;
  throw failed(`the lookup '${lookup}' has no option '${stranger}'`, hint);
}
