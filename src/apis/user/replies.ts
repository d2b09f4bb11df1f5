/** The envelopes of this room's replies and lists, and what their fields share. */
import * as z from 'zod'
import type { Listed } from '../../core/paging.ts'
import { toHex } from '../../ids.ts'

export const toIso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

export const text = z.string().nullable()
export const date = z.iso.datetime().nullable()

/** The end of a list's last page. */
export const LAST = { hasMore: false, next: null }

export const ok = <T extends z.ZodType>(data: T) => z.strictObject({ ok: z.literal(1), data })

export const Ok = z.strictObject({ ok: z.literal(1) }).meta({ id: 'Ok' })
export const OK = { status: 200, schema: Ok, example: { ok: 1 } } as const

export const ErrorReply = z
  .strictObject({ ok: z.literal(0), error: z.string(), additionalInfo: z.record(z.string(), z.unknown()) })
  .meta({ example: { ok: 0, error: 'NotFound', additionalInfo: { method: 'GET', path: '/user/nobody' } } })

/** A page of a list. `next` is the `offset` of the next page. A page may have fewer records than its limit, even none, before the end. */
export const listOf = <T extends z.ZodType>(record: T) =>
  ok(z.strictObject({ records: z.array(record), hasMore: z.boolean(), next: z.string().nullable() }))

export function toList<Row, Shown>({ records, next }: Listed<Row>, show: (row: Row) => Shown) {
  return { ok: 1 as const, data: { records: records.map(show), hasMore: next !== null, next: next === null ? null : toHex(next) } }
}
