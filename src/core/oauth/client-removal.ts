/** Cron removes in chunks what deleted clients leave behind: none of it works any more. */
import { hasClientRemains, listDeletedClients, removeClientRemains } from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { CLIENT_REMOVAL_AFTER_MS, CLIENT_REMOVAL_CHUNK, CLIENT_REMOVAL_CHUNKS_PER_RUN, DELETED_CLIENTS_AT_A_TIME } from './limits.ts'

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
