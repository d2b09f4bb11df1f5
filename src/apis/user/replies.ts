/** The envelopes of this room's replies and lists. */
import * as z from 'zod'
import type { Listed } from '../../core/paging.ts'
import { toHex } from '../../ids.ts'

export const ok = <T extends z.ZodType>(data: T) => z.strictObject({ ok: z.literal(1), data })

/**
 * A page of a list. `next` is the `offset` of the next page. A page may have fewer records than its limit, even none,
 * before the end.
 */
export const listOf = <T extends z.ZodType>(record: T) =>
  ok(z.strictObject({ records: z.array(record), hasMore: z.boolean(), next: z.string().nullable() }))

export function toList<Row, Shown>({ records, next }: Listed<Row>, show: (row: Row) => Shown) {
  return { ok: 1 as const, data: { records: records.map(show), hasMore: next !== null, next: next === null ? null : toHex(next) } }
}
