/** The API documents of all rooms, by name: what `npm run assets` writes into files. Not part of the Worker. */
import { DOCUMENTS } from '../rooms.ts'
import type { Json } from './components.ts'
import { toOpenApi } from './document.ts'
import { OPERATION_IDS } from './operation-ids.ts'

/** `guideOf`: further markdown for the description of a room's document. */
export function openApiDocuments(guideOf: (room: string) => string | undefined = () => undefined): Readonly<Record<string, Json>> {
  const documents = Object.entries(DOCUMENTS).map(([room, info]) => {
    const guide = guideOf(room)
    return [room, toOpenApi(info, { ids: OPERATION_IDS[room] ?? {}, ...(guide === undefined ? {} : { guide }) })]
  })
  return Object.fromEntries(documents)
}
