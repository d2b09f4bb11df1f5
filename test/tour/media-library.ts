/** The media library. */
import { NOTHING, PAGE, READ, type Stops, WRITE } from './tour.ts'

const DOWNLOAD = { roundTrips: 1, rowsRead: 12, rowsWritten: 0, r2: 1 } as const

export const stops: Stops = {
  'GET /user/media/usage': { ...READ, access: 'delegated:media:read' },
  // As many folders as the test has made; at most MEDIA_FOLDERS_PER_USER.
  'GET /user/media/folders': { ...PAGE, access: 'delegated:media:read' },
  'POST /user/media/folders': { ...WRITE, access: 'delegated:media:write', restricted: 'refused' },
  'PATCH /user/media/folders/:folderId': { ...WRITE, access: 'delegated:media:write', restricted: 'refused' },
  // Deletes its files too (here two): a row, its tombstone and four indexes each.
  'DELETE /user/media/folders/:folderId': { access: 'delegated:media:write', roundTrips: 2, rowsRead: 36, restricted: 'refused' },
  'GET /user/media/files': { ...PAGE, access: 'delegated:media:read' },
  // Gate, reservation, commit; the triggers count.
  'POST /user/media/files': { access: 'delegated:media:write', roundTrips: 3, rowsRead: 24, r2: 1, restricted: 'refused' },
  'GET /user/media/files/:fileId': { ...READ, access: 'delegated:media:read' },
  'PATCH /user/media/files/:fileId': { ...WRITE, access: 'delegated:media:write', restricted: 'refused' },
  'DELETE /user/media/files/:fileId': { ...WRITE, access: 'delegated:media:write', restricted: 'refused' },
  'GET /user/media/files/:fileId/content': { ...DOWNLOAD, access: 'delegated:media:read' },
  'GET /user/media/files/:fileId/content with no body to send': { ...DOWNLOAD, r2: 0 },
  'POST /user/media/files/:fileId/links': { ...READ, access: 'delegated:media:read', restricted: 'made' },
  'DELETE /user/media/files/:fileId/links': { ...WRITE, access: 'delegated:media:write', restricted: 'refused' },
  'GET /files/:fileId': { ...DOWNLOAD, access: 'anyone' },
  'GET /files/:fileId with a link that is not good': NOTHING,
}
