/** Accounts: sign-up, verification, resets, deletion, the audit trail. */
import { PASSWORD } from '../support/people.ts'
import { PAGE, READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  // A new account is a row in seven tables, one of them with a string for each way to find the person.
  'POST /user/create': { access: 'anyone', roundTrips: 2, rowsRead: 32 },
  // First looks up which of the two verifications a code is for.
  'POST /user/verify-email': { access: 'anyone', roundTrips: 2, rowsRead: 20 },
  'GET /user/verify-email': { access: 'anyone', roundTrips: 2, rowsRead: 20 },
  // A new address: the old one gets a notice with a code to undo it.
  'POST /user/verify-email with a new address': { roundTrips: 2, rowsRead: 32 },
  'POST /user/undo-email-change': { access: 'anyone', roundTrips: 2, rowsRead: 36 },
  'GET /user/resend-verification': { access: 'anyone', roundTrips: 2, rowsRead: 20 },
  // Looks up the address's owner twice more: for the decoys, and for the limit of known networks.
  'GET /user/code': { access: 'anyone', roundTrips: 1, rowsRead: 34 },
  'POST /user/code': { access: 'anyone', roundTrips: 1, rowsRead: 34 },
  // Resets two counters of consecutive failures: of the password, and of second factors.
  'POST /user/reset-password': { access: 'anyone', roundTrips: 2, rowsRead: 26 },
  // The same for a password: four trips, as for a log-in.
  'DELETE /user/me': { access: 'delegated:profile:write', roundTrips: 4, rowsRead: 28, body: () => ({ password: PASSWORD }) },
  // The act, as a deletion has it, and then twelve reads, each with the gate: of each list, and of all that is short.
  'POST /user/export': { access: 'delegated:all', roundTrips: 15, rowsRead: 120, kv: 1, body: () => ({ password: PASSWORD }) },
  // The act as for an export; the earlier archive is marked and removed.
  'POST /user/archives': {
    access: 'delegated:all',
    roundTrips: 5,
    rowsRead: 50,
    kv: 1,
    body: () => ({ password: PASSWORD }),
    restricted: 'made',
  },
  'GET /user/archives': { ...PAGE, access: 'delegated:all' },
  'GET /user/archives/:archiveId': { ...READ, access: 'delegated:all', nothingThere: true },
  'DELETE /user/archives/:archiveId': { ...WRITE, access: 'delegated:all', nothingThere: true },
  'POST /user/archives/:archiveId/links': {
    access: 'delegated:all',
    roundTrips: 6,
    rowsRead: 60,
    kv: 1,
    body: () => ({ password: PASSWORD }),
    nothingThere: true,
  },
  // The gate with the link, and once more for the first piece.
  'GET /user/archives/:archiveId/content': { access: 'delegated:all', roundTrips: 2, rowsRead: 20, rowsWritten: 0, r2: 1, linked: true },
  'GET /user/audit': { ...PAGE, access: 'delegated:profile:login-history:read' },
}
