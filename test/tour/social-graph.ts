/** The social graph. Acts on others count against a limit of the account. */
import { COUNTED_READ, COUNTED_WRITE, counted, PAGE, RECORDS, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /user/private': { ...WRITE, access: 'delegated:profile:write' },
  'POST /user/follow': { ...COUNTED_WRITE, access: 'delegated:social:follow:request', restricted: 'refused' },
  'POST /user/unfollow': { ...COUNTED_WRITE, access: 'delegated:social:follow:unfollow', restricted: 'refused' },
  'GET /user/followers': { ...PAGE, access: 'delegated:social:follow:read' },
  'GET /user/following': { ...PAGE, access: 'delegated:social:follow:read' },
  'GET /user/follow-requests': { ...PAGE, access: 'delegated:social:follow:read' },
  'PATCH /user/follow-request': { ...WRITE, access: 'delegated:social:follow:accept', restricted: 'refused', nothingThere: true },
  'DELETE /user/follow-entry': { ...WRITE, access: 'delegated:social:follow:remove', restricted: 'refused', nothingThere: true },
  'GET /user/follow-status': { ...COUNTED_READ, access: 'delegated:social:follow:read' },
  'GET /user/follow-status/:userId': { ...COUNTED_READ, access: 'delegated:social:follow:read' },
  'POST /user/block': { ...COUNTED_WRITE, access: 'delegated:social:block:write' },
  'POST /user/unblock': { ...COUNTED_WRITE, access: 'delegated:social:block:write' },
  'GET /user/blocks': { ...PAGE, access: 'delegated:social:block:read' },
  'POST /user/relationships': {
    ...counted({ roundTrips: 1, rowsRead: 5 * RECORDS + 12, rowsWritten: 0 }),
    access: 'delegated:social:follow:read',
  },
  'POST /user/lookup': {
    ...counted({ roundTrips: 1, rowsRead: 5 * RECORDS + 12, rowsWritten: 0 }),
    access: 'delegated:profile:read',
    client: 'client:profile:read',
  },
  'GET /user/suggestions': { ...counted({ roundTrips: 1, rowsRead: 1_000, rowsWritten: 0 }), access: 'delegated:social:follow:read' },
}
