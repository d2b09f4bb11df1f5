/**
 * The Worker that `npm run bench -- --archive` measures: Kith under the counting platform of the tests. It adds two paths: one
 * gives a user files, one runs the cron trigger and answers what that invocation has asked of its stores. Never part of the
 * deployed Worker.
 */
import type { Bindings } from '../../src/config.ts'
import kith from '../../src/index.ts'
import { createPlatform, type Platform } from '../../test/platform/platform.ts'
import { CRON_PATH, FILES_PATH, type Files, OPERATIONS_ALLOWED, type Used } from './paths.ts'

const AT_A_TIME = 5
/** The counting platform allows an invocation a thousand of each; wrangler.toml allows more operations. */
const SHARES = OPERATIONS_ALLOWED / 1_000

const FILES = `INSERT INTO files (id, user_id, name, content_type, size, object_key, digest, created_at, updated_at, committed_at)
  SELECT ?1 + value, ?1, 'photo ' || value || '.jpg', 'image/jpeg', ?2, 'bench-' || value, 'AAAA', ?3, ?3, ?3 FROM json_each(?4)`

let platform: Platform<Bindings> | undefined

export default {
  async fetch(request, env, executionCtx) {
    const { pathname } = new URL(request.url)
    if (pathname === FILES_PATH) return await putFiles(env, await request.json<Files>())
    platform ??= createPlatform(env as never) as unknown as Platform<Bindings>
    platform.counts.reset()
    platform.beginInvocation(SHARES)
    if (pathname === CRON_PATH) return Response.json(await runCron(platform, executionCtx))
    return await kith.fetch(request as never, platform.env, executionCtx)
  },
} satisfies ExportedHandler<Bindings>

async function putFiles(env: Bindings, { userId, count, size }: Files): Promise<Response> {
  const numbers = Array.from({ length: count }, (_, n) => n + 1)
  await env.DB.prepare(FILES).bind(userId, size, Date.now(), JSON.stringify(numbers)).run()
  // Noise, so that nothing between here and the disk makes it shorter.
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)))
  for (let at = 0; at < count; at += AT_A_TIME) {
    await Promise.all(numbers.slice(at, at + AT_A_TIME).map((n) => env.MEDIA.put(`bench-${n}`, bytes)))
  }
  return new Response('there')
}

async function runCron({ env, counts }: Platform<Bindings>, executionCtx: ExecutionContext): Promise<Used> {
  const controller = { cron: '', scheduledTime: Date.now(), noRetry: () => undefined } as ScheduledController
  await kith.scheduled(controller, env, executionCtx)
  return { queries: counts.d1Statements, trips: counts.d1RoundTrips, rows: counts.rowsRead, operations: counts.r2Operations }
}
