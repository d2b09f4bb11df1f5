/** Invite codes. */
import type { Stops } from './tour.ts'

export const stops: Stops = {
  // The five codes are made on first access.
  'GET /user/invite-codes': { access: 'delegated:social:invite-code:read', roundTrips: 2, rowsRead: 24 },
  'GET /user/invite-codes with codes': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
}
