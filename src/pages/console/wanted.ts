/** What a page is about, from its query: ids of apps and APIs may be URLs, which have no place in a path. */
import type { Context } from 'hono'
import type * as z from 'zod'

/** A text that is no id finds nothing, like the id of nothing. */
export function wanted(c: Context, name: string, atom: z.ZodType<string>): string {
  const result = atom.safeParse(c.req.query(name) ?? '')
  return result.success ? result.data : ''
}

export const queryOf = (name: string, value: string) => `?${new URLSearchParams({ [name]: value })}`
