/** The rooms, and the API document of each. */
import { epixel } from './apis/epixel/index.ts'
import { mirrorfly } from './apis/mirrorfly/index.ts'
import { movida } from './apis/movida/index.ts'
import { mxit } from './apis/mxit/index.ts'
import { oauthDocument } from './apis/oauth/index.ts'
import { userDocument } from './apis/user/index.ts'
import type { Room } from './http/room.ts'
import type { RoomDocument } from './http/room-document.ts'

/** The older APIs. The paths of one begin with those of another, so the longer ones come first. */
export const ROOMS: readonly Room[] = [mirrorfly, movida, mxit, epixel]

/** What `/openapi/<room>.json`, `/docs/<room>` and the landing page list. The first is the one shown to who names none. */
export const DOCUMENTS: Readonly<Record<string, RoomDocument>> = {
  user: userDocument,
  oauth: oauthDocument,
  ...Object.fromEntries(ROOMS.map(({ name, document }) => [name, document])),
}
