/**
 * The Worker that `npm run bench -- --distance` measures: Kith with its stores far away (stores.ts), as each request's
 * header says. What Kith defers begins after the reply, so that the trips of the two do not mix.
 */
import { createApp } from '../../src/app.ts'
import type { Bindings } from '../../src/config.ts'
import { buildRequestContext } from '../../src/context.ts'
import { Journey, putAway } from './stores.ts'
import { NO_DISTANCE, PENDING_PATH, SETTING, type Setting, type Settled, type Trips } from './terms.ts'

let journey = new Journey(NO_DISTANCE)
/** Until the last byte of the reply. */
let trips: Trips = journey.longest
const deferred: (() => Promise<unknown>)[] = []
/** Work that goes on after the reply. */
let pending = 0

const app = createApp((c) => ({
  ...buildRequestContext(c.env, c.executionCtx, c.req.raw),
  defer: (work) => {
    deferred.push(work)
  },
}))

/** Kith reads its configuration once for each object. */
const environments = new Map<string, Bindings>()

function environmentOf(env: Bindings, gate: Setting['gate']): Bindings {
  let known = environments.get(gate)
  if (!known) {
    known = { ...putAway(env, () => journey), GATE: gate }
    environments.set(gate, known)
  }
  return known
}

function countPending(executionCtx: ExecutionContext): ExecutionContext {
  const waitUntil = (work: Promise<unknown>) => {
    pending += 1
    executionCtx.waitUntil(
      work.finally(() => {
        pending -= 1
      }),
    )
  }
  return { waitUntil, passThroughOnException: () => undefined, props: {} } as unknown as ExecutionContext
}

/** The reply is out: what was deferred begins, and nobody waits for it. */
function settle(waiting: ExecutionContext): void {
  trips = journey.longest
  journey = new Journey(NO_DISTANCE)
  for (const work of deferred.splice(0)) waiting.waitUntil(work())
}

export default {
  async fetch(request, env, executionCtx) {
    if (new URL(request.url).pathname === PENDING_PATH) return Response.json({ pending, trips } satisfies Settled)
    const setting = JSON.parse(request.headers.get(SETTING) ?? JSON.stringify(NO_DISTANCE)) as Setting
    journey = new Journey(setting)
    const waiting = countPending(executionCtx)
    if (setting.isPlaced) await scheduler.wait(setting.far)
    const reply = await app.fetch(request, environmentOf(env, setting.gate), waiting)
    if (reply.body) return new Response(reply.body.pipeThrough(new TransformStream({ flush: () => settle(waiting) })), reply)
    settle(waiting)
    return reply
  },
} satisfies ExportedHandler<Bindings>
