/** The room movida: two round trips a request, and nothing in KV or R2. Robots alone call it, so no account's restriction counts. */
import { NOTHING, RECORDS, type Stops } from './tour.ts'

/** The nonce with its two indexes and the counter are written. */
const ROBOT = { roundTrips: 2, rowsRead: 12, rowsWritten: 6, later: 0 } as const

export const stops: Stops = {
  'GET /api': ROBOT,
  'GET /api/users/:id{[0-9]+}': ROBOT,
  'GET /api/users': { ...ROBOT, rowsRead: RECORDS + 12 },
  // The index is read up to the page, and no rows but its own: here the third.
  'GET /api/users with a page by its number alone': { ...ROBOT, rowsRead: 2 * RECORDS + RECORDS + 12 },
  'GET /api/users with no proof': NOTHING,
  'GET /api/users with a wrong secret': { roundTrips: 1, rowsRead: 1, rowsWritten: 0, limiter: 1, later: 0 },
  // Answered 429.
  'GET /api/users with a limit that is reached': { ...ROBOT, rowsRead: 62 },
}
