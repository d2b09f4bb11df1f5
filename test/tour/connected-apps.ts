/** Apps that the caller has let in. */
import { PAGE, RECORDS, type Stops } from './tour.ts'

export const stops: Stops = {
  // Of as many sessions as the apps have together.
  'GET /user/apps': PAGE,
  // The sessions of one app are found among those of all.
  'DELETE /user/apps/:clientId': { roundTrips: 2, rowsRead: 3 * RECORDS + 12 },
}
