/** The room mirrorfly. A restricted account signs in, is signed in by its service, and reads. */
import { COUNTED_READ, counted, NOTHING, READ, type Stops } from './tour.ts'

const UPLOAD = { rowsWritten: 30, r2: 2, later: 0 } as const

export const stops: Stops = {
  'POST /api/v1/login': { roundTrips: 2, rowsRead: 18, rowsWritten: 9, later: 0 },
  "POST /api/v1/login with a key's account": { roundTrips: 1, rowsRead: 3, rowsWritten: 0, later: 0 },
  'POST /api/v1/login with what is wrong': { roundTrips: 2, rowsRead: 10, rowsWritten: 6, later: 0 },
  'GET /api/v1/users/:userId': { ...READ, later: 0 },
  // A person's read counts against the account.
  'GET /api/v1/users/:userId with a person who asks': { ...COUNTED_READ, later: 1 },
  'GET /api/v1/media/profilePics/:upload/:digest/:size': { ...counted({ roundTrips: 1, rowsRead: 10, rowsWritten: 0 }), r2: 1, later: 1 },
  'POST /api/v1/users/createUser': { roundTrips: 3, rowsRead: 30, rowsWritten: 22, later: 0 },
  'POST /api/v1/users/createUser with one who is there': { roundTrips: 3, rowsRead: 23, rowsWritten: 10, later: 0 },
  'POST /api/v1/users/createUser with changes': { roundTrips: 3, rowsRead: 32, rowsWritten: 14, later: 0 },
  'POST /api/v1/users/createUser with a picture': { roundTrips: 4, rowsRead: 51, ...UPLOAD, rowsWritten: 34 },
  'POST /api/v1/users/createUser with another picture': { roundTrips: 5, rowsRead: 57, ...UPLOAD },
  'POST /api/v1/users/createUser with a token that does not count': { ...NOTHING, later: 0 },
  'POST /api/v1/users/createUser with a bad form': { roundTrips: 1, rowsRead: 6, rowsWritten: 0, later: 0 },
  'POST /api/v1/users/createUser with a bad picture': { roundTrips: 2, rowsRead: 8, rowsWritten: 0, later: 0 },
}
