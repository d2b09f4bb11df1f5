/**
 * Whether Kith can take traffic: D1 answers and has every migration of this version, KV and both buckets answer. Anyone may ask,
 * so an isolate asks the stores once in two seconds, whatever they answer, and one request at a time. Which store it is, only the
 * log tells. `health.ts` looks at the database alone.
 */
import { findNewestMigration } from '../store/db/migrations.ts'
import type { Ctx } from './ctx.ts'
import { HEALTH_WAIT_MS, READY_KNOWN_MS } from './limits.ts'

const POLL_MS = 20
/** Of no object and no value: that the store says so is the answer. */
const KEY = 'health/ready'

/** The latest verdict of this isolate, and since when a request is finding the next. */
interface Known {
  isReady: boolean
  at: number
  askingSince: number | null
}

const known = new WeakMap<object, Known>()

export async function isReady(ctx: Ctx): Promise<boolean> {
  const state = known.get(ctx.config) ?? { isReady: false, at: Number.NEGATIVE_INFINITY, askingSince: null }
  known.set(ctx.config, state)
  while (!isKnown(ctx, state)) {
    if (!isAsking(ctx, state)) return ask(ctx, state)
    // Its own timer: a request cannot wait for what another one has begun.
    await scheduler.wait(POLL_MS)
  }
  return state.isReady
}

function isKnown(ctx: Ctx, { at }: Known): boolean {
  const age = ctx.now() - at
  return age >= 0 && age < READY_KNOWN_MS
}

/** A request that the platform has terminated never finds its verdict. */
function isAsking(ctx: Ctx, { askingSince }: Known): boolean {
  if (askingSince === null) return false
  const age = ctx.now() - askingSince
  return age >= 0 && age <= 2 * HEALTH_WAIT_MS
}

async function ask(ctx: Ctx, state: Known): Promise<boolean> {
  state.askingSince = ctx.now()
  const failed = await listFailing(ctx)
  if (failed.length > 0) ctx.log('error', 'not_ready', { failed })
  Object.assign(state, { isReady: failed.length === 0, at: ctx.now(), askingSince: null })
  return state.isReady
}

async function listFailing(ctx: Ctx): Promise<string[]> {
  const answers = {
    database: async () => (await ctx.db.one(findNewestMigration())) !== null,
    kv: async () => (await ctx.kv.get(KEY)) === null,
    media: async () => (await ctx.media.head(KEY)) === null,
    avatars: async () => (await ctx.avatars.head(KEY)) === null,
  }
  const late = scheduler.wait(HEALTH_WAIT_MS).then(() => false)
  const verdicts = await Promise.all(
    Object.entries(answers).map(async ([name, answer]) => {
      const isGood = await Promise.race([answer(), late]).catch(() => false)
      return isGood ? [] : [name]
    }),
  )
  return verdicts.flat()
}
