/** Accounts: sign-up, proofs of an address, resets, the end of an account, the audit trail. */
import { PASSWORD } from '../support/people.ts'
import { PAGE, type Stops } from './tour.ts'

export const stops: Stops = {
  // A new account is a row in seven tables, one of them with a string for each way to find the person.
  'POST /user/create': { roundTrips: 2, rowsRead: 32 },
  // Which of the two proofs a code is for is looked up first.
  'POST /user/verify-email': { roundTrips: 2, rowsRead: 20 },
  'GET /user/verify-email': { roundTrips: 2, rowsRead: 20 },
  // A new address: the old one is told, and gets a code to undo it.
  'POST /user/verify-email with a new address': { roundTrips: 2, rowsRead: 30 },
  'POST /user/undo-email-change': { roundTrips: 2, rowsRead: 36 },
  'GET /user/resend-verification': { roundTrips: 2, rowsRead: 20 },
  // Whether somebody has the address is asked twice more: for the decoys, and for the limit of known networks.
  'GET /user/code': { roundTrips: 1, rowsRead: 34 },
  'POST /user/code': { roundTrips: 1, rowsRead: 34 },
  // Two counters of failures in a row begin anew: of the password, and of second factors.
  'POST /user/reset-password': { roundTrips: 2, rowsRead: 26 },
  // The same of a password: four trips, as a log-in has them.
  'DELETE /user/me': { roundTrips: 4, rowsRead: 28, body: () => ({ password: PASSWORD }) },
  'GET /user/audit': PAGE,
}
