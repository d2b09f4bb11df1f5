/** The pages about other people. `walks/pages-people.ts` opens each, and presses each button. */
import { ACTS } from '../../src/pages/people/acts.ts'
import { HANDLE } from '../../src/pages/people/profile.tsx'
import { COUNT_READS } from '../support/budget.ts'
import { COUNTED_WRITE, counted, NOTHING, page, READ, type Stops } from './tour.ts'

/** Where the buttons lead. */
export const PEOPLE_ACTS: readonly string[] = Object.values(ACTS).map(({ path }) => path)
const REFUSED_WRITE = { ...COUNTED_WRITE, restricted: 'refused' } as const
const LISTS = 'followers following requests requests/sent blocks'.split(' ')

export const stops: Stops = {
  [`GET ${HANDLE}`]: counted(READ),
  'GET /people': { roundTrips: 1, rowsRead: 400 + COUNT_READS },
  'GET /people/suggestions': counted({ roundTrips: 1, rowsRead: 1_000 }),
  ...Object.fromEntries(LISTS.map((name) => [`GET /people/${name}`, page(25)])),
  ...Object.fromEntries(PEOPLE_ACTS.map((path) => [`GET ${path}`, NOTHING])),
  ...Object.fromEntries(PEOPLE_ACTS.map((path) => [`POST ${path}`, path.endsWith('block') ? COUNTED_WRITE : REFUSED_WRITE])),
}
