import { z } from 'zod';

/** A text that may be left out; templates give an empty text or null for "not set". */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));

/** Units that depend on flanneld's and ran before it was touched. */
export const unitNames = z.array(z.string().regex(/^[\w@.:\\-]+$/, 'a unit name')).default([]);
