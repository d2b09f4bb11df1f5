/** The caller's own profile, picture and status. */
import { READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'GET /user/me': READ,
  'PATCH /user/me': { ...WRITE, restricted: 'refused', body: () => ({ bio: 'Changed.' }) },
  // Each of at most twelve strings that the person was found by goes, and each of at most twelve comes.
  // A new user name is counted, and the old one held back.
  'PATCH /user/me with a user name': { roundTrips: 2, rowsRead: 28 },
  // Whether the name was one's own before is a row.
  'PATCH /user/me with all names': { roundTrips: 2, rowsRead: 53 },
  // A password is tried, which is two counters and their reset, and so is the address, which is two more.
  'PATCH /user/me with an address': { roundTrips: 3, rowsRead: 50 },
  // The gate; the reservation of two objects, before they are written; the commit, with the limit and the objects before.
  'PATCH /user/profile-picture': { roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
  'PUT /user/profile-picture': { roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
  'DELETE /user/profile-picture': { ...WRITE, restricted: 'refused' },
  'GET /user/:userId{[0-9a-f]{24}}/profile-picture': READ,
  'GET /user/status': READ,
  'PUT /user/status': { ...WRITE, restricted: 'refused' },
  'DELETE /user/status': { ...WRITE, restricted: 'refused' },
}
