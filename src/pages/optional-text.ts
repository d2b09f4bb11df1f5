/** An optional form field: null if empty, otherwise checked by its atom. */
import * as z from 'zod'

export function optionalText(atom: z.ZodType<string>) {
  return z
    .string()
    .transform((v) => v.replace(/\r\n?/g, '\n').trim() || null)
    .superRefine((value, refine) => {
      const error = value === null ? undefined : atom.safeParse(value).error
      if (error) refine.addIssue({ code: 'custom', message: error.issues[0]?.message ?? 'is wrong' })
    })
}
