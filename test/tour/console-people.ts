/** The console's People: what its pages may cost. */
import { type Stops, TARGET } from './tour.ts'

const PERSON = '/admin/people/:id{[0-9a-f]{24}}'
const SEVERAL = '/admin/people/several'
/** Whom it is about and the roles; then the act. */
const question = { roundTrips: 1, rowsRead: 20, rowsWritten: 0 } as const
const act = { roundTrips: 2, rowsRead: 36 } as const
const acts = 'verify unverify resend reset factors sign-out end-session restrict unrestrict ban unban delete restore names role'.split(' ')
/** Each person is claimed first; who they are is shown at the end. */
const several = { roundTrips: 5, rowsRead: 60 } as const
const actsOnSeveral = 'verify restrict unrestrict ban unban sign-out delete'.split(' ')

export const stops: Stops = {
  // 25 people, each also in an index; the roles to choose from.
  'GET /admin/people': { roundTrips: 1, rowsRead: 72, rowsWritten: 0 },
  // Four of five do not match, and are looked at.
  'GET /admin/people with a filter': { roundTrips: 1, rowsRead: 200, rowsWritten: 0 },
  // A hundred strings, with their owners.
  'GET /admin/people with a query': { roundTrips: 1, rowsRead: 360, rowsWritten: 0 },
  // All that there is about somebody, a few of each.
  [`GET ${PERSON}`]: { roundTrips: 1, rowsRead: 150, rowsWritten: 0, kv: 5 },
  [`GET ${PERSON}/sessions`]: { roundTrips: 1, rowsRead: 70, rowsWritten: 0, kv: 25 },
  [`GET ${PERSON}/activity`]: { roundTrips: 1, rowsRead: 90, rowsWritten: 0 },
  [`GET ${PERSON}/invitations`]: { roundTrips: 1, rowsRead: 90, rowsWritten: 0 },
  ...Object.fromEntries(acts.map((name) => [`GET ${PERSON}/${name}`, question])),
  ...Object.fromEntries(acts.map((name) => [`POST ${PERSON}/${name}`, act])),
  // Two factors and ten recovery codes.
  [`POST ${PERSON}/factors`]: { roundTrips: 2, rowsRead: 64 },
  [`POST ${PERSON}/notes`]: { ...act, page: `/admin/people/${TARGET}` },
  [`POST ${PERSON}/notes/remove`]: { ...act, page: `/admin/people/${TARGET}` },
  ...Object.fromEntries(actsOnSeveral.map((name) => [`GET ${SEVERAL}/${name}`, question])),
  ...Object.fromEntries(
    actsOnSeveral.map((name) => [`POST ${SEVERAL}/${name}`, { ...several, page: `${SEVERAL}/${name}?person=${TARGET}` }]),
  ),
}
