/**
 * KV `session:<id>`: where a session was started, for session lists. KV is eventually consistent, so it is shown and
 * never trusted; D1 decides whether a session is valid (design §2).
 */
import { type SessionId, toHex } from '../../ids.ts'
import { KV_TTL_SECONDS_MIN } from './ttl.ts'

export interface SessionDetail {
  readonly userAgent: string
  readonly place: string
  /** The true expiry; KV's own is only housekeeping. */
  readonly expiresAt: number
}

const key = (id: SessionId) => `session:${toHex(id)}`

export async function putSessionDetail(kv: KVNamespace, id: SessionId, detail: SessionDetail, now: number): Promise<void> {
  const expirationTtl = Math.max(KV_TTL_SECONDS_MIN, Math.ceil((detail.expiresAt - now) / 1000))
  await kv.put(key(id), JSON.stringify(detail), { expirationTtl })
}

/** Keys in one call of KV. */
const KEYS_MAX = 100

/** Of the sessions that have one. */
export async function getSessionDetails(kv: KVNamespace, ids: readonly SessionId[], now: number): Promise<Map<SessionId, SessionDetail>> {
  const chunks = Array.from({ length: Math.ceil(ids.length / KEYS_MAX) }, (_, n) => ids.slice(n * KEYS_MAX, (n + 1) * KEYS_MAX))
  const found = new Map<SessionId, SessionDetail>()
  const readChunk = async (chunk: readonly SessionId[]) => {
    const details = await kv.get<SessionDetail>(chunk.map(key), 'json').catch(() => null)
    for (const id of chunk) {
      const detail = details?.get(key(id))
      if (detail && detail.expiresAt > now) found.set(id, detail)
    }
  }
  await Promise.all(chunks.map(readChunk))
  return found
}

export async function deleteSessionDetail(kv: KVNamespace, id: SessionId): Promise<void> {
  await kv.delete(key(id))
}
