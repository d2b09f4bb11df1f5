/** Cron removes in chunks what deleted clients leave behind, and clients that registered themselves and are not used. */
import {
  deleteUnusedClients,
  findClientPiece,
  hasClientRemains,
  listDeletedClients,
  removeClientRemains,
} from '../../store/db/client-registration.ts'
import { findSweepCursor, saveSweepCursor } from '../../store/db/sweep-cursors.ts'
import type { Ctx } from '../ctx.ts'
import {
  CLIENT_REMOVAL_AFTER_MS,
  CLIENT_REMOVAL_CHUNK,
  CLIENT_REMOVAL_CHUNKS_PER_RUN,
  DELETED_CLIENTS_AT_A_TIME,
  UNUSED_CLIENT_MS,
  UNUSED_CLIENTS_CHUNK,
} from './limits.ts'

/** Its name among the cursors. */
const UNUSED = 'unused_clients'

/** One cron run's share: consents, codes, and the clients' sessions among all sessions. */
export async function removeDeletedClients(ctx: Ctx): Promise<void> {
  // A code exchange that was running when the client was deleted has created its session by then.
  const before = ctx.now() - CLIENT_REMOVAL_AFTER_MS
  let chunks = CLIENT_REMOVAL_CHUNKS_PER_RUN
  for (const { id } of await ctx.db.one(listDeletedClients({ before, limit: DELETED_CLIENTS_AT_A_TIME }))) {
    for (let isLeft = true; isLeft; chunks -= 1) {
      if (chunks <= 0) return
      const results = await ctx.db.batch([...removeClientRemains(id, CLIENT_REMOVAL_CHUNK, ctx.now()), hasClientRemains(id)])
      isLeft = results.at(-1) === true
    }
    ctx.log('info', 'client_removed', { clientId: id })
  }
}

/** One cron run's share: the next piece of all clients, and from the beginning after the last. */
export async function removeUnusedClients(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const after = (await ctx.db.one(findSweepCursor(UNUSED)))?.cursor ?? ''
  const last = (await ctx.db.one(findClientPiece({ after, limit: UNUSED_CLIENTS_CHUNK })))?.last ?? null
  if (last === null) {
    if (after !== '') await ctx.db.one(saveSweepCursor(UNUSED, '', now))
    return
  }
  const deletion = deleteUnusedClients({ after, last, before: now - UNUSED_CLIENT_MS })
  const [count] = await ctx.db.batch([deletion, saveSweepCursor(UNUSED, last, now)])
  if (count > 0) ctx.log('info', 'unused_clients_removed', { count })
}
