/** Passkeys. */
import { NOTHING, READ, type Stops, WRITE } from './tour.ts'

const OWN = { ...WRITE, access: 'delegated:profile:2fa:write', app: 'needs_browser' } as const

export const stops: Stops = {
  'GET /user/passkeys': { ...READ, access: 'delegated:profile:2fa:read' },
  // The list of those that the browser must not add again.
  'POST /user/passkeys/registration-options': { ...OWN, roundTrips: 1, rowsWritten: 0 },
  'POST /user/passkeys': { ...OWN, rowsRead: 40, kv: 1, signed: true },
  'PATCH /user/passkeys/:id{[0-9a-f]{24}}': { ...WRITE, access: 'delegated:profile:2fa:write', nothingThere: true },
  'DELETE /user/passkeys/:id{[0-9a-f]{24}}': { ...OWN, rowsRead: 40, kv: 1, nothingThere: true },
  'POST /user/passkeys/authentication-options': { ...NOTHING, access: 'anyone', body: () => ({}) },
  'POST /user/passkeys/authentication-options with a pending log-in': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'POST /user/passkeys/sign-in': { access: 'anyone', roundTrips: 2, rowsRead: 30, kv: 2 },
  'POST /user/passkeys/sign-in with a pending log-in': { roundTrips: 2, rowsRead: 50, kv: 2 },
}
