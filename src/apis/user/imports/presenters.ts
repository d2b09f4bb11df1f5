/** What an import did with each record of a batch. */
import * as z from 'zod'
import type { EdgesReport } from '../../../core/imports/edges.ts'
import type { PeopleReport, PersonResult } from '../../../core/imports/people-report.ts'
import { toHex } from '../../../ids.ts'
import { ok, text } from '../replies.ts'

const count = z.int()
const Refused = z.strictObject({
  status: z.literal('refused'),
  field: z.string().meta({ description: 'Empty if the record as a whole is wrong' }),
  message: z.string(),
})

const PersonOut = z.union([
  z.strictObject({
    status: z.literal('created'),
    _id: text.meta({ description: 'Null in a dry run' }),
    username: z.string(),
    usernameProposed: z.boolean().meta({ description: 'The record had no user name, or one that cannot be had here' }),
    needsReset: z.boolean().meta({ description: 'Its password hash cannot be checked here: the password has to be reset' }),
    unverified: z.boolean().meta({ description: 'Without a verified address' }),
  }),
  z.strictObject({
    status: z.literal('exists'),
    _id: text.meta({ description: 'Null if it is of this batch' }),
    byAddress: z.boolean().meta({ description: 'Found by the verified address alone' }),
    passwordAdded: z.boolean().meta({
      description:
        'An earlier import made the account without a password, and nobody has signed in since: it has the password of this record',
    }),
  }),
  Refused,
])

export const PeopleReply = ok(
  z.strictObject({
    results: z.array(PersonOut).meta({ description: 'In the order of the records' }),
    counts: z.strictObject({
      created: count,
      exists: count,
      passwordsAdded: count,
      refused: count,
      usernamesProposed: count,
      needReset: count,
      unverified: count,
    }),
  }),
)

const EdgeOut = z.union([z.strictObject({ status: z.enum(['created', 'exists']) }), Refused])

export const EdgesReply = ok(
  z.strictObject({
    results: z.array(EdgeOut).meta({ description: 'In the order of the records' }),
    counts: z.strictObject({ created: count, exists: count, refused: count }),
  }),
)

function toPerson(result: PersonResult): z.output<typeof PersonOut> {
  if (result.status === 'refused') return result
  const _id = result.id === null ? null : toHex(result.id)
  if (result.status === 'exists') return { status: 'exists', _id, byAddress: result.isByAddress, passwordAdded: result.isPasswordAdded }
  const { username, isProposed, needsReset, isUnverified } = result
  return { status: 'created', _id, username, usernameProposed: isProposed, needsReset, unverified: isUnverified }
}

export function toPeopleReply({ results, counts }: PeopleReport): z.output<typeof PeopleReply> {
  return { ok: 1, data: { results: results.map(toPerson), counts } }
}

export function toEdgesReply({ results, counts }: EdgesReport): z.output<typeof EdgesReply> {
  return { ok: 1, data: { results: [...results], counts } }
}

export const EXAMPLE_PEOPLE: z.output<typeof PeopleReply> = {
  ok: 1,
  data: {
    results: [
      {
        status: 'created',
        _id: '507f1f77bcf86cd799439011',
        username: 'john_doe_3',
        usernameProposed: false,
        needsReset: false,
        unverified: false,
      },
    ],
    counts: { created: 1, exists: 0, passwordsAdded: 0, refused: 0, usernamesProposed: 0, needReset: 0, unverified: 0 },
  },
}

export const EXAMPLE_EDGES: z.output<typeof EdgesReply> = {
  ok: 1,
  data: {
    results: [{ status: 'refused', field: 'to', message: 'is nobody here' }],
    counts: { created: 0, exists: 0, refused: 1 },
  },
}
