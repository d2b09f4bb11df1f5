/** The room mxit. People go by their names, files by their ids, folders by names. Its tokens cost what they cost at /oauth. */
import { toFileId } from '../../src/apis/mxit/wire.ts'
import type { FileId } from '../../src/ids.ts'
import { COUNTED_READ, FOLDER, NOTHING, page, READ, type Stop, type Stops, WRITE } from './tour.ts'

const OPEN = { roundTrips: 1, rowsRead: 2, rowsWritten: 0 } as const
const REFUSED_WRITE = { ...WRITE, restricted: 'refused' } as const
const ofFile: Pick<Stop, 'param'> = { param: ({ own }) => toFileId(Number.parseInt(own.file, 16) as FileId) }
const ofFolder: Pick<Stop, 'param'> = { param: () => FOLDER }

export const stops: Stops = {
  'GET /mxit/user/lookup/:person': COUNTED_READ,
  // By either name, found or not.
  'GET /mxit/user/lookup/:person with an app that asks': { roundTrips: 1, rowsRead: 5, rowsWritten: 0 },
  'GET /mxit/user/profile/:person with an app that asks': { roundTrips: 1, rowsRead: 5, rowsWritten: 0 },
  'GET /mxit/user/avatar': { ...READ, r2: 1, pictured: true },
  // The limit and the gate; the reservation; the commit. Two objects.
  'POST /mxit/user/avatar': { roundTrips: 3, rowsRead: 30, r2: 2, restricted: 'refused' },
  'DELETE /mxit/user/avatar': REFUSED_WRITE,
  'GET /mxit/user/profile/:person': COUNTED_READ,
  'GET /mxit/user/profile': READ,
  'PUT /mxit/user/profile': { ...REFUSED_WRITE, body: () => ({ AboutMe: 'Changed.' }) },
  'GET /mxit/user/statusmessage': READ,
  'PUT /mxit/user/statusmessage': { ...REFUSED_WRITE, body: () => '"changed"' },
  'GET /mxit/user/media': page(2),
  'GET /mxit/user/media/list/:name': { ...page(1), ...ofFolder },
  'GET /mxit/user/media/content/:name': { roundTrips: 1, rowsRead: 12, rowsWritten: 0, r2: 1, ...ofFile },
  // The gate; the reservation; the commit.
  'POST /mxit/user/media/file/:name': { roundTrips: 3, rowsRead: 30, r2: 1, restricted: 'refused', ...ofFolder },
  'PUT /mxit/user/media/file/:name': { ...REFUSED_WRITE, ...ofFile, body: () => '"c.txt"' },
  'DELETE /mxit/user/media/file/:name': { ...REFUSED_WRITE, ...ofFile },
  'POST /mxit/user/media/:name': { ...REFUSED_WRITE, param: () => 'More' },
  'PUT /mxit/user/media/:name': { ...REFUSED_WRITE, ...ofFolder, body: () => '"Renamed"' },
  'DELETE /mxit/user/media/:name': { ...REFUSED_WRITE, rowsRead: 24, ...ofFolder },
  'GET /mxit/user/socialgraph/contactlist': page(0),
  'GET /mxit/user/socialgraph/contactlist with a list of nobody': READ,
  'PUT /mxit/user/socialgraph/contact/:person': REFUSED_WRITE,
  'GET /mxit/user/socialgraph/suggestions': COUNTED_READ,
  'GET /mxit/userinfo': READ,
  'GET /mxit/user/version': NOTHING,
  'GET /mxit/user/public/statusmessage/:person': OPEN,
  'GET /mxit/user/public/displayname/:person': OPEN,
  'GET /mxit/user/public/avatar/:person': { ...OPEN, r2: 1 },
  'GET /mxit/authorize': NOTHING,
  'POST /mxit/token': { roundTrips: 1, rowsRead: 4, rowsWritten: 0 },
  'POST /mxit/token with refresh_token': { roundTrips: 2, rowsRead: 12 },
  'POST /mxit/revoke': WRITE,
}
