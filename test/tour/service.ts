/** What everyone may know. */
import { NOTHING, type Stops } from './tour.ts'

export const stops: Stops = {
  // The first in ten seconds looks for the newest migration, the others for nothing.
  'GET /health': { access: 'anyone', roundTrips: 1, rowsRead: 1, rowsWritten: 0 },
  'GET /health with another just before': NOTHING,
  // Once in two seconds; KV, and both buckets.
  'GET /health/ready': { access: 'anyone', roundTrips: 1, rowsRead: 1, rowsWritten: 0, kv: 1, r2: 2 },
  'GET /health/ready with another just before': NOTHING,
  'GET /user/scopes': { ...NOTHING, access: 'anyone' },
}
