/**
 * The room scim: one round trip to read, two or three to write. It is for clients alone, so no account's restriction counts. Each of a
 * page is a link, a user and a role; the count looks at the links only.
 */
import { NOTHING, type Stops } from './tour.ts'

const ONE = { roundTrips: 1, rowsRead: 6, rowsWritten: 0, later: 0 } as const
const PAGE = { ...ONE, rowsRead: 28 } as const
const GROUPS = { roundTrips: 2, rowsRead: 36, rowsWritten: 0, later: 0 } as const
const CHANGE = { roundTrips: 2, rowsRead: 38, rowsWritten: 12 } as const
/** All roles are looked at several times: as few as a team has. */
const GROUP_CHANGE = { roundTrips: 2, rowsRead: 90, rowsWritten: 14 } as const

export const stops: Stops = {
  'GET /scim/v2/Users': PAGE,
  'POST /scim/v2/Users/.search': PAGE,
  'GET /scim/v2/Users/:id': ONE,
  'POST /scim/v2/Users': { roundTrips: 3, rowsRead: 40, rowsWritten: 26 },
  'PUT /scim/v2/Users/:id': CHANGE,
  'PATCH /scim/v2/Users/:id': CHANGE,
  'DELETE /scim/v2/Users/:id': CHANGE,
  'GET /scim/v2/Groups': GROUPS,
  'POST /scim/v2/Groups/.search': GROUPS,
  'GET /scim/v2/Groups/:id': GROUPS,
  'POST /scim/v2/Groups': GROUP_CHANGE,
  // The group is read again for the reply, with its members.
  'PUT /scim/v2/Groups/:id': { ...GROUP_CHANGE, roundTrips: 5, rowsRead: 105 },
  'PATCH /scim/v2/Groups/:id': GROUP_CHANGE,
  'DELETE /scim/v2/Groups/:id': { ...GROUP_CHANGE, roundTrips: 3 },
  'GET /scim/v2/ServiceProviderConfig': NOTHING,
  'GET /scim/v2/ResourceTypes': NOTHING,
  'GET /scim/v2/ResourceTypes/:id': NOTHING,
  'GET /scim/v2/Schemas': NOTHING,
  'GET /scim/v2/Schemas/:id': NOTHING,
}
