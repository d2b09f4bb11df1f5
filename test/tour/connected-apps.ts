/** Apps that the caller has allowed. */
import { PAGE, RECORDS, type Stops } from './tour.ts'

export const stops: Stops = {
  // As many sessions as the apps have together.
  'GET /user/apps': { ...PAGE, access: 'delegated:session:read' },
  // Finds the sessions of one app among all.
  'DELETE /user/apps/:clientId': { access: 'delegated:session:write', roundTrips: 2, rowsRead: 3 * RECORDS + 12 },
  // The same, and what the client may have.
  'DELETE /user/apps/:clientId/scopes': { access: 'delegated:session:write', roundTrips: 2, rowsRead: 6 * RECORDS + 24 },
}
