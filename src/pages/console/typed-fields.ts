/** Fields of the console's forms, as text fields and check boxes send them, judged by the atoms of the core. */
import * as z from 'zod'

/** The first problem of an atom, as a problem of the whole field. */
function judged<T>(atom: z.ZodType<T>, value: unknown, refine: z.RefinementCtx, where = ''): T {
  const result = atom.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const line = typeof issue?.path[0] === 'number' ? `line ${issue.path[0] + 1} ` : where
  refine.addIssue({ code: 'custom', message: `${line}${issue?.message ?? 'is wrong'}` })
  return z.NEVER
}

/** A text area with one entry per line. */
export const lines = <T>(atom: z.ZodType<T>) => z.string().transform((text, refine) => judged(atom, linesOf(text), refine))

export const linesOf = (text: string) =>
  text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter(Boolean)

/** Null if it is empty. */
export const optional = <T>(atom: z.ZodType<T>, read: (text: string) => unknown = (text) => text) =>
  z.string().transform((text, refine) => (text.trim() === '' ? null : judged(atom, read(text.trim()), refine)))

export const typedNumber = (text: string) => (/^-?\d{1,9}$/.test(text.trim()) ? Number(text) : text)
export const wholeNumber = (atom: z.ZodType<number>) => z.string().transform((text, refine) => judged(atom, typedNumber(text), refine))

/** The same for JSON. */
export const optionalJson = <T>(atom: z.ZodType<T>) =>
  z.string().transform((text, refine) => {
    if (text.trim() === '') return null
    try {
      return judged(atom, JSON.parse(text), refine)
    } catch {
      refine.addIssue({ code: 'custom', message: 'must be JSON' })
      return z.NEVER
    }
  })

/** A check box. A browser sends one only if it is on. */
export const checkBox = z
  .literal('on', 'must be on or off')
  .optional()
  .transform((value) => value === 'on')
