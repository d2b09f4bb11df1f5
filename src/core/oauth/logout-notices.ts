/**
 * OpenID Connect Back-Channel Logout 1.0: clients that are registered for it get a logout token when a session ends. The database has written the
 * notices with the end itself; they are sent right after the reply of the request that ended sessions, and the rest by cron. A
 * notice is leased for each try, so two workers do not both send it. If a worker dies before it has recorded the answer, the lease
 * expires and the notice is sent twice.
 */
import { randomToken } from '../../crypto.ts'
import { toHex } from '../../ids.ts'
import {
  type LeasedNotice,
  type LogoutNoticeRow,
  leaseLogoutNotices,
  listLogoutNotices,
  settleLogoutNotices,
  type TriedNotice,
} from '../../store/db/logout-notices.ts'
import { findClient, type OAuthClientRow } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { isPublicHttpsUrl } from '../outside.ts'
import { type Listed, listed } from '../paging.ts'
import { type Client, toClient } from './clients.ts'
import { signJwt } from './signing-keys.ts'
import { subjectFor } from './subjects.ts'

export type { LogoutNoticeRow } from '../../store/db/logout-notices.ts'

/** OpenID Connect Back-Channel Logout §2.4. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const TOKEN_SECONDS = 120
const SEND_MS = 2_000
/** Below the six connections that a worker may have open at a time. */
const SENT_AT_A_TIME = 4
/** More than all of one lease take. */
const LEASE_MS = 120_000
const LEASED_AT_A_TIME = 20
const SENT_AFTER_REPLY = 12
/** Delays after the first, second, ... try: five within a day. */
const RETRY_AFTER_MINUTES = [5, 30, 240, 720]

/** Sends what is due, this request's own notices first. */
export function deliverLogoutNoticesLater(ctx: Ctx): void {
  ctx.defer(() => deliver(ctx, SENT_AFTER_REPLY, 'newest'))
}

/** For cron: up to `limit` notices. Returns how many it tried. */
export async function deliverDueLogoutNotices(ctx: Ctx, limit: number): Promise<number> {
  let tried = 0
  while (tried < limit) {
    const count = await deliver(ctx, LEASED_AT_A_TIME, 'oldest')
    tried += count
    if (count < LEASED_AT_A_TIME) break
  }
  return tried
}

async function deliver(ctx: Ctx, limit: number, first: 'oldest' | 'newest'): Promise<number> {
  const now = ctx.now()
  const leased = await ctx.db.one(leaseLogoutNotices({ now, until: now + LEASE_MS, limit, first }))
  if (leased.length === 0) return 0
  const clients = await ctx.db.batch([...new Set(leased.map(({ clientId }) => clientId))].map(findClient))
  for (let start = 0; start < leased.length; start += SENT_AT_A_TIME) {
    const group = leased.slice(start, start + SENT_AT_A_TIME)
    const tried = await Promise.all(
      group.map((notice) =>
        attempt(
          ctx,
          notice,
          clients.find((client) => client?.id === notice.clientId),
        ),
      ),
    )
    await ctx.db.one(settleLogoutNotices(tried))
  }
  return leased.length
}

async function attempt(ctx: Ctx, notice: LeasedNotice, row: OAuthClientRow | null | undefined): Promise<TriedNotice> {
  const { id, clientId, attempts } = notice
  const startedAt = ctx.now()
  const result = await send(ctx, notice, row)
  const isDelivered = result === '200' || result === '204'
  const minutes = IS_FINAL.has(result) ? undefined : RETRY_AFTER_MINUTES[attempts - 1]
  const nextAttemptAt = isDelivered || minutes === undefined ? null : ctx.now() + minutes * 60_000
  const outcome = isDelivered ? 'delivered' : nextAttemptAt === null ? 'failed' : 'postponed'
  ctx.measure({ kind: 'delivery', event: 'logout', outcome, ms: ctx.now() - startedAt, tries: attempts })
  if (!isDelivered)
    ctx.log('warn', 'logout_notice_failed', { noticeId: toHex(id), clientId, attempts, result, isFinal: nextAttemptAt === null })
  return { id, attempts, result, deliveredAt: isDelivered ? ctx.now() : null, nextAttemptAt }
}

/** After these, another try would be in vain. §2.8: with 400 the client refuses the token itself. */
const IS_FINAL: ReadonlySet<string> = new Set(['400', 'not registered'])

/** The status of the answer, whose body is ignored, or why there is none. */
async function send(ctx: Ctx, notice: LeasedNotice, row: OAuthClientRow | null | undefined): Promise<string> {
  const uri = row?.backchannelLogoutUri ?? ''
  if (!row || !isPublicHttpsUrl(uri)) return 'not registered'
  const client = toClient(row)
  if (!client) return 'client disabled'
  const token = await issueLogoutToken(ctx, notice, client).catch((error: unknown) => {
    ctx.log('error', 'logout_token_failed', { clientId: client.id, cause: String(error) })
    return null
  })
  if (token === null) return 'no logout token'
  const signal = AbortSignal.timeout(SEND_MS)
  try {
    const body = new URLSearchParams({ logout_token: token })
    const response = await fetch(uri, { method: 'POST', body, redirect: 'manual', signal })
    // Not awaited: the rest of the answer may never come.
    response.body?.cancel().catch(() => undefined)
    return String(response.status)
  } catch {
    return signal.aborted ? 'no answer in time' : 'no connection'
  }
}

/** §2.4: `sub` and `sid` are those of the client's ID tokens, and so is the algorithm. There is no `nonce`. */
async function issueLogoutToken(ctx: Ctx, { userId, sessionId }: LeasedNotice, client: Client): Promise<string> {
  const now = Math.floor(ctx.now() / 1000)
  return signJwt(ctx.config, client.idTokenAlg, 'logout+jwt', {
    iss: ctx.config.origin,
    aud: client.id,
    sub: subjectFor(ctx.config, client, userId),
    sid: toHex(sessionId),
    iat: now,
    exp: now + TOKEN_SECONDS,
    jti: randomToken(16),
    events: { [EVENT]: {} },
  })
}

/** What became of the notices of the last week, newest first. */
export async function listNotices(gate: Gate, page: { limit: number; before: number | null }): Promise<Listed<LogoutNoticeRow>> {
  const { limit, before } = page
  const { reads } = await gate(() => [listLogoutNotices({ before: before ?? Number.MAX_SAFE_INTEGER, limit: limit + 1 })])
  return listed(reads[0], limit)
}
