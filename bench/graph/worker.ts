/**
 * The Worker that `npm run bench -- --graph` measures: Kith under the counting platform of the tests, which also holds
 * it to production's limits (1,000 D1 queries per invocation). It adds two paths: one runs the cron trigger, one
 * reports the cost of the previous request. Never part of the deployed Worker.
 */
import type { Bindings } from '../../src/config.ts'
import kith from '../../src/index.ts'
import { createPlatform, type Platform } from '../../test/platform/platform.ts'
import { COST_PATH, type Cost, CRON_PATH } from './cost.ts'

const STATEMENTS_SHOWN = 3

/** One for the life of the isolate: the benchmark sends one request at a time. */
let platform: Platform<Bindings> | undefined
let atReply = { trips: 0, rows: 0, written: 0, ms: 0 }
/** Work that goes on after the reply. */
let pending = 0
/** D1 round trips in flight. */
let underWay = 0

export default {
  async fetch(request, env, executionCtx) {
    platform ??= startPlatform(env)
    const { pathname } = new URL(request.url)
    if (pathname === COST_PATH) return Response.json(toCost(platform))
    platform.counts.reset()
    platform.beginInvocation()
    const waiting = countPending(executionCtx)
    const startedAt = Date.now()
    const response =
      pathname === CRON_PATH ? await runCron(platform.env, waiting) : await kith.fetch(request as never, platform.env, waiting)
    // Whatever is in flight now was started to run after the reply, because the handler awaits everything else.
    const totals = toTotals(platform)
    atReply = { ...totals, trips: totals.trips - underWay, ms: Date.now() - startedAt }
    return response
  },
} satisfies ExportedHandler<Bindings>

function startPlatform(env: Bindings): Platform<Bindings> {
  const started = createPlatform(env as never) as unknown as Platform<Bindings>
  const { counts, invocation } = started
  const connect = invocation.connect.bind(invocation)
  invocation.connect = async (work) => {
    const before = counts.d1RoundTrips
    const working = connect(work)
    const isRoundTrip = counts.d1RoundTrips > before
    if (isRoundTrip) underWay += 1
    try {
      return await working
    } finally {
      if (isRoundTrip) underWay -= 1
    }
  }
  return started
}

async function runCron(env: Bindings, executionCtx: ExecutionContext): Promise<Response> {
  try {
    await kith.scheduled({ cron: '', scheduledTime: Date.now(), noRetry: () => undefined } as ScheduledController, env, executionCtx)
    return new Response('swept')
  } catch (error) {
    const causes = error instanceof AggregateError ? error.errors : [error]
    return new Response(causes.map(String).join('\n'), { status: 500 })
  }
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

function toTotals({ counts }: Platform<Bindings>) {
  return { trips: counts.d1RoundTrips, rows: counts.rowsRead, written: counts.rowsWritten }
}

function toCost(measured: Platform<Bindings>): Cost {
  const dearest = [...measured.statements].sort((a, b) => b.rowsRead - a.rowsRead).slice(0, STATEMENTS_SHOWN)
  return {
    reply: atReply,
    total: toTotals(measured),
    pending,
    dearest: dearest.map(({ sql, rowsRead }) => `${rowsRead} rows: ${sql.replace(/\s+/g, ' ').trim().slice(0, 160)}`),
  }
}
