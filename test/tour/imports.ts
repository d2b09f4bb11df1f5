/** Moving in, for administrators and services: one person, and one edge. */
import { type Stops, WRITE } from './tour.ts'

const ACCESS = { access: 'admin:import:write', client: 'client:import:write', restricted: 'refused' } as const

export const stops: Stops = {
  // The roles, who is there already, and what is written of a person.
  'POST /user/admin-api/import/people': {
    ...WRITE,
    ...ACCESS,
    rowsRead: 60,
    body: ({ n, example }) => {
      const [record] = example.records as Record<string, unknown>[]
      return { records: [{ ...record, externalId: `tour-${n}`, username: `tour_import_${n}`, email: `import${n}@example.com` }] }
    },
  },
  'POST /user/admin-api/import/people with 100 people': { roundTrips: 3, rowsRead: 5_000, rowsWritten: 3_020 },
  'POST /user/admin-api/import/edges': {
    ...WRITE,
    ...ACCESS,
    rowsRead: 24,
    body: ({ other }) => ({ records: [{ type: 'follow', from: `@${other.username}`, to: '@nobody_at_all' }] }),
  },
  'POST /user/admin-api/import/edges with 100 in a dry run': { roundTrips: 2, rowsRead: 650, rowsWritten: 0 },
  'POST /user/admin-api/import/edges with 100 edges': { roundTrips: 2, rowsRead: 1_700, rowsWritten: 620 },
  'POST /user/admin-api/import/edges with 100 that are there': { roundTrips: 3, rowsRead: 1_850, rowsWritten: 8 },
}
