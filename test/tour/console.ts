/** The console: what its pages may cost. */
import type { Stops } from './tour.ts'

export const stops: Stops = {
  // 30 days of eight figures each, and what waits.
  'GET /admin/overview': { roundTrips: 1, rowsRead: 300, rowsWritten: 0 },
}
