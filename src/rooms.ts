/** The rooms and their API documents. */
import { epixel } from './apis/epixel/index.ts'
import { mirrorfly } from './apis/mirrorfly/index.ts'
import { movida } from './apis/movida/index.ts'
import { mxit } from './apis/mxit/index.ts'
import { oauthDocument } from './apis/oauth/index.ts'
import { scimDocument } from './apis/scim/index.ts'
import { userDocument } from './apis/user/index.ts'
import type { Room } from './http/room.ts'
import type { RoomDocument } from './http/room-document.ts'

/** The older APIs. Longer paths come first, because some paths begin with those of another room. */
export const ROOMS: readonly Room[] = [mirrorfly, movida, mxit, epixel]

/** The documents of `/openapi/<room>.json`, `/docs/<room>` and the landing page. The first is the default. */
export const DOCUMENTS: Readonly<Record<string, RoomDocument>> = {
  user: userDocument,
  oauth: oauthDocument,
  scim: scimDocument,
  ...Object.fromEntries(ROOMS.map(({ name, document }) => [name, document])),
}
