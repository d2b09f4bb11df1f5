/** Second factors. */
import { type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  // The code's own row, the event that everything depends on, and the end of the other sessions.
  'POST /user/2fa': { ...WRITE, rowsRead: 24 },
  // A row for each of ten recovery codes, which are counted here and made or deleted below.
  'GET /user/2fa': { roundTrips: 1, rowsRead: 20, rowsWritten: 0 },
  'POST /user/2fa/totp': { ...WRITE, app: 'needs_browser' },
  'POST /user/2fa/totp/confirm': { roundTrips: 2, rowsRead: 72, app: 'needs_browser', nothingThere: true },
  'DELETE /user/2fa/totp': { roundTrips: 2, rowsRead: 60, app: 'needs_browser' },
  'POST /user/2fa/recovery-codes': { roundTrips: 2, rowsRead: 60, app: 'needs_browser', nothingThere: true },
  // The code's hash goes to KV with the mail.
  'POST /user/2fa/email': { ...WRITE, kv: 1 },
}
