/** The room epixel. */
import type { Stops } from './tour.ts'

export const stops: Stops = {
  // The key first: without one nobody may even try a password. Then as in the room user.
  'POST /epixel/v1/user/login': { roundTrips: 4, rowsRead: 28 },
  'POST /epixel/v1/user/login with a second factor': { roundTrips: 4, rowsRead: 23 },
  'POST /epixel/v1/user/token/refresh': { roundTrips: 2, rowsRead: 12, rowsWritten: 0 },
  'GET /epixel/v1/user/get/profile': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'GET /epixel/v1/get/local-info': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  'POST /epixel/v1/user/update/profile': { roundTrips: 2, rowsRead: 20, restricted: 'refused' },
  'POST /epixel/v1/user/update/profile with no change': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
  // Removes up to twelve strings that the person was found by, and adds up to twelve.
  'POST /epixel/v1/user/update/profile with names': { roundTrips: 2, rowsRead: 52 },
  // The same as without: the claim, the undo and the notice for the old address are in the batch of the change.
  'POST /epixel/v1/user/update/profile with an address': { roundTrips: 2, rowsRead: 47 },
  // Looks up what was wrong: the tokens, or the limit of the day.
  'POST /epixel/v1/user/update/profile with a wrong token': { roundTrips: 3, rowsRead: 16 },
  'POST /epixel/v1/user/token-generator': { roundTrips: 2, rowsRead: 40, restricted: 'refused' },
  'POST /epixel/v1/user/profile-image': { roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
  'POST /epixel/v1/user/profile/profile-image': { roundTrips: 3, rowsRead: 40, r2: 2, restricted: 'refused' },
}
