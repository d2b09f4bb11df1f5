/** The social graph. Acts on others count against a limit of the account. */
import { COUNTED_READ, COUNTED_WRITE, counted, PAGE, RECORDS, type Stops, WRITE } from './tour.ts'

export const stops: Stops = {
  'POST /user/private': WRITE,
  'POST /user/follow': { ...COUNTED_WRITE, restricted: 'refused' },
  'POST /user/unfollow': { ...COUNTED_WRITE, restricted: 'refused' },
  'GET /user/followers': PAGE,
  'GET /user/following': PAGE,
  'GET /user/follow-requests': PAGE,
  'PATCH /user/follow-request': { ...WRITE, restricted: 'refused', nothingThere: true },
  'DELETE /user/follow-entry': { ...WRITE, restricted: 'refused', nothingThere: true },
  'GET /user/follow-status': COUNTED_READ,
  'GET /user/follow-status/:userId': COUNTED_READ,
  'POST /user/block': COUNTED_WRITE,
  'POST /user/unblock': COUNTED_WRITE,
  'GET /user/blocks': PAGE,
  'POST /user/relationships': counted({ roundTrips: 1, rowsRead: 5 * RECORDS + 12, rowsWritten: 0 }),
  'POST /user/lookup': counted({ roundTrips: 1, rowsRead: 5 * RECORDS + 12, rowsWritten: 0 }),
  'GET /user/suggestions': counted({ roundTrips: 1, rowsRead: 1_000, rowsWritten: 0 }),
}
