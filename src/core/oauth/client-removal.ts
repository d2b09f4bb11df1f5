/** What deleted clients have left is removed by cron, in chunks: nothing of it opens anything any more. */
import { hasClientRemains, listDeletedClients, removeClientRemains } from '../../store/db/client-registration.ts'
import type { Ctx } from '../ctx.ts'
import { CLIENT_REMOVAL_AFTER_MS, CLIENT_REMOVAL_CHUNK, CLIENT_REMOVAL_CHUNKS_PER_RUN, DELETED_CLIENTS_AT_A_TIME } from '../limits.ts'

/** A cron run's share of what deleted clients have left: consents, codes, and sessions among all sessions. */
export async function removeDeletedClients(ctx: Ctx): Promise<void> {
  // A code exchange that was on its way when the client ended has made its session by then.
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
