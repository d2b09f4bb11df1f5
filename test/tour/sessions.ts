/** Sessions: sign-in and sign-out. */
import { PAGE, READ, RECORDS, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /user/login': { access: 'anyone', roundTrips: 3, rowsRead: 27, kv: 2 },
  // With a second factor on, the log-in also makes a challenge and a mail; do-2fa claims the challenge and makes a session.
  'POST /user/login with a second factor': { roundTrips: 3, rowsRead: 36, kv: 2 },
  // In a browser that was signed in: two of the rows are looked for among the grants of the old session and the clients to tell.
  'POST /user/do-2fa': { access: 'anyone', roundTrips: 2, rowsRead: 47, kv: 2 },
  // Reads both kinds, and counts ten recovery codes.
  'POST /user/do-2fa with an app': { roundTrips: 2, rowsRead: 60, kv: 2 },
  'POST /user/do-2fa with a recovery code': { roundTrips: 2, rowsRead: 60, kv: 2 },
  // As much for a name that nobody has. The confirmation looks up the account, counts the try, and does what a log-in does.
  'POST /user/sign-in-code': { access: 'anyone', roundTrips: 2, rowsRead: 60 },
  'POST /user/sign-in-code/confirm': { access: 'anyone', roundTrips: 3, rowsRead: 60, kv: 2 },
  'GET /user/logout': { ...WRITE, access: 'optional_session' },
  'POST /user/logout': { ...WRITE, access: 'optional_session' },
  'GET /user/logout-all': { ...WRITE, access: 'delegated:session:write' },
  'POST /user/logout-all': { ...WRITE, access: 'delegated:session:write' },
  'GET /user/session-state': { ...READ, access: 'delegated:profile:read' },
  'GET /user/login-history': { ...PAGE, access: 'delegated:profile:login-history:read' },
  'GET /user/sessions': { access: 'delegated:session:read', roundTrips: 1, rowsRead: 60, kv: RECORDS, rowsWritten: 0 },
  'DELETE /user/sessions/:id': { ...WRITE, access: 'delegated:session:write', nothingThere: true },
}
