/** Search. */
import { COUNT_READS } from '../support/budget.ts'
import type { Stops } from './tour.ts'

export const stops: Stops = {
  'POST /user/search': { access: 'delegated:profile:search', roundTrips: 1, rowsRead: 400 + COUNT_READS, counted: true },
}
