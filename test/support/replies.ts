/** What every reply must be, whatever went wrong (security §5.4, invariant 12). */
import { expect } from 'vitest'
import type { Reply } from './kith.ts'

/** Internal words: of D1, SQLite, KV, the runtime, a stack, a file. */
export const INTERNAL =
  /D1_|SQLITE|constraint|sql|KV (GET|PUT)|Network connection|overloaded|storage caused|limit:|send:|\bat \w+ ?\(|\.ts\b|node:|undefined|\[object/i

export function expectCleanReply(reply: Reply): void {
  expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  expect(reply.headers.get('cache-control')).toBe('no-store')
  if (reply.status < 400) return
  expect(reply.text).not.toMatch(INTERNAL)
  expect(reply.json).toMatchObject({ ok: 0, error: expect.stringMatching(/^[A-Z][A-Za-z]+$/) })
  expect(reply.status, reply.text).not.toBe(500)
  if (reply.status === 503 || reply.status === 429) expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
}

/** A 400 that names this field and no other. */
export function expectWrongField(reply: Reply, path: string): void {
  expect([reply.status, reply.json.error], reply.text).toEqual([400, 'ClientInputError'])
  expect([...new Set(reply.json.additionalInfo.errors.map((error: { path: string }) => error.path))]).toEqual([path])
}

/** A reply without what differs between any two. */
export const asTold = ({ status, headers, text }: Reply) => ({
  status,
  text,
  headers: [...headers].map(([name, value]) => [name, ['x-request-id', 'x-d1-bookmark', 'date'].includes(name) ? '<varies>' : value]),
})
