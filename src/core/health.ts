/** Whether Kith can serve: the database answers and has every migration of this version. */
import { findNewestMigration } from '../store/db/migrations.ts'
import type { Ctx } from './ctx.ts'
import { HEALTH_KNOWN_MS, HEALTH_WAIT_MS } from './limits.ts'

/** Null: healthy. Otherwise the reason, for the operator. */
export type Ailment = string | null

const UNANSWERED = 'The database does not answer'
const UNMIGRATED = 'The database lacks migrations of this version; apply them with npm run db:migrate:remote (locally: npm run db:migrate)'

/** When the deployment was last seen healthy: anyone may ask, so the database is asked only once in a while. */
const lastWell = new WeakMap<object, number>()

export async function checkHealth(ctx: Ctx): Promise<Ailment> {
  const age = ctx.now() - (lastWell.get(ctx.config) ?? Number.NEGATIVE_INFINITY)
  if (age >= 0 && age < HEALTH_KNOWN_MS) return null
  const ailment = await examine(ctx)
  if (ailment === null) lastWell.set(ctx.config, ctx.now())
  else ctx.log('error', 'unhealthy', { reason: ailment })
  return ailment
}

async function examine(ctx: Ctx): Promise<Ailment> {
  const verdict = ctx.db.one(findNewestMigration()).then(
    (row) => (row === null ? UNMIGRATED : null),
    (error: unknown) => (/no such table/.test(String(error)) ? UNMIGRATED : UNANSWERED),
  )
  return Promise.race([verdict, scheduler.wait(HEALTH_WAIT_MS).then(() => UNANSWERED)])
}
