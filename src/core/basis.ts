/** Facts that a plan rests on, by what they are; the same words and values for as long as nothing has changed. */
export type Basis = Readonly<Record<string, string>>;
