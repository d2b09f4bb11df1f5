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

export async function getSessionDetail(kv: KVNamespace, id: SessionId, now: number): Promise<SessionDetail | null> {
  const detail = await kv.get<SessionDetail>(key(id), 'json').catch(() => null)
  return detail && detail.expiresAt > now ? detail : null
}

export async function deleteSessionDetail(kv: KVNamespace, id: SessionId): Promise<void> {
  await kv.delete(key(id))
}
