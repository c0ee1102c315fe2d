import { InvalidArgumentError, Option } from 'commander';

/** An option that is a number of seconds above 0. */
export function seconds(flags: string, about: string, otherwise: number): Option {
  return new Option(flags, `seconds ${about}`).argParser(positive).default(otherwise);
}

/** Of an option that may be given several times: all of its values. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** @throws InvalidArgumentError for anything but 1, 2, 3, ... */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It has to be a whole number from 1 on.');
  return number;
}

/** A number of seconds. @throws InvalidArgumentError for one below 0 */
export function zeroOrMore(value: string): number {
  return Number(value) === 0 ? 0 : positive(value);
}

/** A number of seconds. @throws InvalidArgumentError for one of 0 or below */
export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('It has to be a number of seconds above 0.');
  return number;
}

/** What an argument `<inventory>` may be. */
export const INVENTORY =
  'the inventory: a YAML or INI file, a folder of these, a program that prints one, or host1,host2';

/** Folders with `:` between them, after those that were given before. */
export function moduleFolders(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(':').filter((folder) => folder !== '')];
}
