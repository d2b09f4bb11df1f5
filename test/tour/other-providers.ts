/** Other providers that sign the caller in. */
import { READ, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'GET /user/providers': { ...READ, access: 'delegated:profile:2fa:read' },
  // The ways in that are left are counted before one goes.
  'DELETE /user/providers/:id': { ...WRITE, access: 'delegated:profile:2fa:write', rowsRead: 26, app: 'needs_browser', nothingThere: true },
}
