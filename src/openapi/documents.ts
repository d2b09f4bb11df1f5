/** The API documents of all rooms, by name: what `npm run assets` writes into files. Not part of the Worker. */
import { DOCUMENTS } from '../rooms.ts'
import type { Json } from './components.ts'
import { toOpenApi } from './document.ts'

/** `guideOf`: further markdown for the description of a room's document. */
export function openApiDocuments(guideOf: (room: string) => string | undefined = () => undefined): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(DOCUMENTS).map(([room, info]) => [room, toOpenApi(info, guideOf(room))]))
}

/** The sections of a page of `docs/` as that further markdown: its links are relative to the repository, and go. */
export function guideFrom(page: string): string {
  return page
    .slice(page.indexOf('## '))
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .trim()
}
