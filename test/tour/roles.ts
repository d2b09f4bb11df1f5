/** Roles. */
import { RECORDS, type Stops } from './tour.ts'

export const stops: Stops = {
  // A list of all roles: one row each.
  'GET /roles/list': { access: 'delegated:roles:read', roundTrips: 1, rowsRead: 3 * RECORDS + 12, rowsWritten: 0 },
}
