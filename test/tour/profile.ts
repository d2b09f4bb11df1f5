/** The caller's own profile, picture and status. */
import { READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'GET /user/me': { ...READ, access: 'delegated:profile:read' },
  'PATCH /user/me': { ...WRITE, access: 'delegated:profile:write', restricted: 'refused', body: () => ({ bio: 'Changed.' }) },
  // Removes up to twelve strings that the person was found by, and adds up to twelve. A new user name is counted, and the old one
  // reserved.
  'PATCH /user/me with a user name': { roundTrips: 2, rowsRead: 30 },
  // Whether the name was one's own before is a row, and counting the event of a change are two.
  'PATCH /user/me with all names': { roundTrips: 2, rowsRead: 57 },
  // Checking a password takes two counters and their reset, and so does the address.
  'PATCH /user/me with an address': { roundTrips: 3, rowsRead: 50 },
  'PATCH /user/me with an address after a fresh sign-in': { roundTrips: 2, rowsRead: 50 },
  // The gate; the reservation of two objects, before they are written; the commit, with the limit and the previous objects.
  'PATCH /user/profile-picture': { access: 'delegated:profile:avatar:write', roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
  'PUT /user/profile-picture': { access: 'delegated:profile:avatar:write', roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
  'DELETE /user/profile-picture': { ...WRITE, access: 'delegated:profile:avatar:write', restricted: 'refused' },
  'GET /user/:userId{[0-9a-f]{24}}/profile-picture': { ...READ, access: 'anyone' },
  'GET /user/status': { ...READ, access: 'delegated:profile:read' },
  'PUT /user/status': { ...WRITE, access: 'delegated:profile:status:write', restricted: 'refused' },
  'DELETE /user/status': { ...WRITE, access: 'delegated:profile:status:write', restricted: 'refused' },
}
