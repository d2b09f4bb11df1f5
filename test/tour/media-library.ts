/** The media library. */
import { NOTHING, PAGE, READ, type Stops, WRITE } from './tour.ts'

const DOWNLOAD = { roundTrips: 1, rowsRead: 12, rowsWritten: 0, r2: 1 } as const

export const stops: Stops = {
  'GET /user/media/usage': READ,
  // As many folders as the test has made; at most MEDIA_FOLDERS_PER_USER.
  'GET /user/media/folders': PAGE,
  'POST /user/media/folders': { ...WRITE, restricted: 'refused' },
  'PATCH /user/media/folders/:folderId': { ...WRITE, restricted: 'refused' },
  // Deletes its files too (here two): a row, its tombstone and four indexes each.
  'DELETE /user/media/folders/:folderId': { roundTrips: 2, rowsRead: 36, restricted: 'refused' },
  'GET /user/media/files': PAGE,
  // Gate, reservation, commit; the triggers count.
  'POST /user/media/files': { roundTrips: 3, rowsRead: 24, r2: 1, restricted: 'refused' },
  'GET /user/media/files/:fileId': READ,
  'PATCH /user/media/files/:fileId': { ...WRITE, restricted: 'refused' },
  'DELETE /user/media/files/:fileId': { ...WRITE, restricted: 'refused' },
  'GET /user/media/files/:fileId/content': DOWNLOAD,
  'GET /user/media/files/:fileId/content with no body to send': { ...DOWNLOAD, r2: 0 },
  'POST /user/media/files/:fileId/links': { ...READ, restricted: 'made' },
  'DELETE /user/media/files/:fileId/links': { ...WRITE, restricted: 'refused' },
  'GET /files/:fileId': DOWNLOAD,
  'GET /files/:fileId with a link that is not good': NOTHING,
}
