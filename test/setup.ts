// Before each test file: empty stores with the schema in them, and production's caps on key derivation. All files of a worker
// share its isolate and its modules, which are most of what a file would cost; so each one starts with empty stores and an env that
// nothing is remembered for, whatever the one before it left.
import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, vi } from 'vitest'
import type { Bindings } from '../src/config.ts'
import { clock } from './platform/clock.ts'
import { guardCrypto } from './platform/crypto.ts'
import { platform } from './support/kith.ts'

guardCrypto()

const { DB, KV, AVATARS, MEDIA, TEST_SCHEMA } = env as unknown as Bindings & { TEST_SCHEMA: readonly string[] }

/** A store that is busy during a reset keeps its content. */
async function areEmpty(): Promise<boolean> {
  const tables = await DB.prepare(`SELECT count(*) AS n FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'`).first<{ n: number }>()
  const { keys } = await KV.list({ limit: 1 })
  const objects = await Promise.all([AVATARS, MEDIA].map((bucket) => bucket.list({ limit: 1 })))
  return tables?.n === 0 && keys.length === 0 && objects.every((page) => page.objects.length === 0)
}

platform.renew()
do await reset()
while (!(await areEmpty()))
// All in one batch: one after the other they take longer than most test files.
await DB.batch(TEST_SCHEMA.map((statement) => DB.prepare(statement)))

afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  clock.restore()
})
