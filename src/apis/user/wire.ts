/**
 * What requests of several groups share (seed 002, wire §3). Only this room refuses unknown fields. A body may be wrapped
 * in a one-element array, as in some of the seed's samples.
 */
import * as z from 'zod'
import * as fields from '../../core/fields.ts'
import { IDS_MAX, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../../core/limits.ts'
import type { Page } from '../../core/paging.ts'
import { type AnyId, fromHex, idAt } from '../../ids.ts'

/** A boolean, or the text that a form sends. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((v) => v === 'true')], 'must be true or false')
  .meta({ example: true, documented: { type: 'boolean' } })
export const StateBody = z.strictObject({ state: flag })

/** The `_id` of the previous page's last record; the old server's ISO date is accepted too (wire §6.14). */
const offset = z
  .string()
  .transform((text, refine) => {
    const position = fromHex(text) ?? (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)) ? idAt(Date.parse(text)) : null)
    if (position === null) refine.addIssue({ code: 'custom', message: 'must be the _id of a record, or a date' })
    return position as number
  })
  .meta({ description: 'The _id of the last record of the previous page', example: '507f1f77bcf86cd799439011' })

export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .refine((v) => v >= 1 && v <= PAGE_LIMIT_MAX, `must be 1 to ${PAGE_LIMIT_MAX}`)
    .default(PAGE_LIMIT_DEFAULT)
    .meta({ description: `Records per page, at most ${PAGE_LIMIT_MAX}`, example: '10', documented: { type: 'integer', example: 10 } }),
  offset: offset.optional(),
})
/**
 * For lists with filters and those of administrators, where a misspelled filter would show everything. Other lists
 * ignore unknown parameters.
 */
export const StrictPageQuery = PageQuery.strict()

export const hexId = <Id extends AnyId>() =>
  z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'must be an id of 24 hex digits')
    .transform((v) => fromHex<Id>(v) as Id)
    .meta({ example: '507f1f77bcf86cd799439011' })

export const UserParams = z.object({ userId: fields.userIdHex })
export const UsernameParams = z.object({ username: fields.usernameToFind })
export const TargetBody = z.strictObject({ target: fields.userIdHex })
export const TargetQuery = z.object({ target: fields.userIdHex })
export const TargetsBody = z.strictObject({
  targets: z
    .array(fields.userIdHex)
    .min(1, 'must name at least one user')
    .max(IDS_MAX, `must have at most ${IDS_MAX} ids`)
    .meta({ example: ['507f1f77bcf86cd799439011'] }),
})

export function toPage({ limit, offset }: z.output<typeof PageQuery>): Page {
  return { limit, before: offset ?? null }
}

/** Narrower than the core (wire §6.10). */
export const name = fields.personName
  .refine((v) => [...v].length <= 64, 'must have at most 64 characters')
  .meta({ maxLength: 64, example: 'John' })

export const optional = <T extends z.ZodType>(atom: T) => atom.optional()
