/** Batches of an import. Each record is judged for itself, so one that is wrong refuses no other. */
import * as z from 'zod'
import { edgeRecord, personRecord } from '../../../core/imports/person-record.ts'
import { IMPORTED_EDGES_MAX, IMPORTED_PEOPLE_MAX } from '../../../core/limits.ts'

const dryRun = z.boolean().default(false).meta({ description: 'Says what would be done, and does nothing', example: false })

/** Items of any kind: the core reads each, by this schema. */
const records = (description: string, max: number, record: z.ZodType, example: Readonly<Record<string, unknown>>) =>
  z
    .array(z.unknown(), 'must be a list of records')
    .min(1, 'must have at least one record')
    .max(max, `must have at most ${max} records`)
    .meta({ description, example: [example], documented: z.array(record).min(1).max(max) })

export const ImportPeopleBody = z.strictObject({
  records: records('People, with the fields of docs/moving-in.md', IMPORTED_PEOPLE_MAX, personRecord.meta({ id: 'PersonRecord' }), {
    externalId: 'auth0|507f1f77bcf86cd799439011',
    username: 'john_doe_3',
    email: 'john3@example.com',
    givenName: 'John',
    passwordHash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    createdAt: '2020-05-01T12:00:00Z',
  }),
  dryRun,
})

export const ImportEdgesBody = z.strictObject({
  records: records('Follows and blocks, each with type, from and to', IMPORTED_EDGES_MAX, edgeRecord.meta({ id: 'EdgeRecord' }), {
    type: 'follow',
    from: '@john_doe',
    to: 'auth0|507f1f77bcf86cd799439011',
  }),
  dryRun,
})
