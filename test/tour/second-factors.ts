/** Second factors. */
import { type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  // The code's own row, the count of changes, the event that everything depends on, and the end of the other sessions.
  'POST /user/2fa': { ...WRITE, access: 'delegated:profile:2fa:write', rowsRead: 27 },
  // A row for each of ten recovery codes, which are counted here and made or deleted below.
  'GET /user/2fa': { access: 'delegated:profile:2fa:read', roundTrips: 1, rowsRead: 20, rowsWritten: 0 },
  'POST /user/2fa/totp': { ...WRITE, access: 'delegated:profile:2fa:write', app: 'needs_browser' },
  'POST /user/2fa/totp/confirm': {
    access: 'delegated:profile:2fa:write',
    roundTrips: 2,
    rowsRead: 72,
    app: 'needs_browser',
    nothingThere: true,
  },
  'DELETE /user/2fa/totp': { access: 'delegated:profile:2fa:write', roundTrips: 2, rowsRead: 60, app: 'needs_browser' },
  'POST /user/2fa/recovery-codes': {
    access: 'delegated:profile:2fa:write',
    roundTrips: 2,
    rowsRead: 60,
    app: 'needs_browser',
    nothingThere: true,
  },
  // The code's hash goes to KV with the mail.
  'POST /user/2fa/email': { ...WRITE, access: 'anyone', kv: 1 },
}
