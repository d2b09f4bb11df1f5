/** An optional form field: null if empty, otherwise checked by its atom. */
import * as z from 'zod'

export function optionalText(atom: z.ZodType<string>): z.ZodType<string | null, string> {
  return z
    .string()
    .transform((v) => v.replace(/\r\n?/g, '\n').trim() || null)
    .pipe(atom.nullable() as z.ZodType<string | null, string | null>)
}
