/** The session that a user's grant to a client becomes, with its first refresh token. */
import type { Config } from '../../config.ts'
import { randomToken } from '../../crypto.ts'
import type { SessionId, UserId } from '../../ids.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { insertRefreshToken } from '../../store/db/refresh-tokens.ts'
import { insertSession } from '../../store/db/sessions.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import type { Target } from './api-grants.ts'
import type { Client } from './clients.ts'
import { refreshTokenHashes } from './refresh-token.ts'
import { accessTokenSeconds } from './user-tokens.ts'

/** What a user has granted, and how they had signed in. */
export interface UserGrant {
  readonly userId: UserId
  readonly scope: string
  readonly authenticatedAt: number
  /** RFC 8176, space separated. */
  readonly amr: string
  /** Null for a device: it stays signed in when the browser that allowed it signs out. */
  readonly browserSessionId: SessionId | null
}

interface GrantSession {
  readonly client: Client
  /** What the first access token is for. */
  readonly target: Target
  readonly grant: UserGrant
  readonly sessionId: SessionId
  readonly refreshToken: string | null
  /** The thumbprint of the key that the tokens are bound to; null for none. */
  readonly jkt: string | null
  /** Holds when the grant was claimed for this session. */
  readonly condition: Fragment
}

interface Claiming extends Pick<GrantSession, 'client' | 'target' | 'grant' | 'jkt'> {
  /** Claims the grant for a session that is about to be created; no-op if that session exists already. */
  readonly claim: (sessionId: SessionId) => Statement<void>
  readonly isClaimed: (sessionId: SessionId) => Fragment
  /** Whose the grant is, whoever claimed it. */
  readonly findClaim: Statement<{ sessionId: SessionId } | null>
}

interface Claimed {
  readonly sessionId: SessionId
  /** False: another request has claimed the grant. */
  readonly isOurs: boolean
  /** Null for a client that is not registered for refresh tokens. */
  readonly refreshToken: string | null
}

/** Two isolates can draw the same session id; then nothing is claimed, and the second try draws another. */
const CLAIM_TRIES = 2

/**
 * The one commit of a grant: claimed, session and refresh token created, event written; all or nothing. Null if the
 * user has signed out, or was banned or deleted, since the grant was read.
 */
export async function claimGrant(ctx: Ctx, { client, target, grant, jkt, claim, isClaimed, findClaim }: Claiming): Promise<Claimed | null> {
  const refreshToken = mayRefresh(client) ? randomToken() : null
  for (let attempt = 0; attempt < CLAIM_TRIES; attempt += 1) {
    const sessionId = ctx.newId<SessionId>()
    const session = { client, target, grant, jkt, sessionId, refreshToken, condition: isClaimed(sessionId) }
    const won = await ctx.db.commit([claim(sessionId), ...grantSessionWrites(ctx, session)], findClaim)
    if (won) return { sessionId: won.sessionId, isOurs: won.sessionId === sessionId, refreshToken }
  }
  return null
}

export interface GrantLifetime {
  readonly lifeMs: number
  /** How long it lasts without being used. */
  readonly idleMs: number
}

/** Without refresh tokens the grant ends with its only access token. */
export function grantLifetime({ lifetimes }: Config, client: Client, seconds = client.accessTokenSeconds): GrantLifetime {
  const lifeMs = mayRefresh(client) ? lifetimes.refreshTokenMs : seconds * 1000
  return { lifeMs, idleMs: Math.min(lifeMs, lifetimes.refreshTokenIdleMs) }
}

const mayRefresh = ({ grantTypes }: Client) => grantTypes.includes('refresh_token')

/** Session, refresh token and event, after the statement that claims the grant. */
function grantSessionWrites(ctx: Ctx, input: GrantSession): Statement<unknown>[] {
  const { client, target, grant, jkt, sessionId, refreshToken, condition } = input
  const now = ctx.now()
  const { lifeMs, idleMs } = grantLifetime(ctx.config, client, accessTokenSeconds(client, target))
  // A client that is told of sign-outs has a session of its own. It can be told while the grant is kept: as long as the browser's.
  const isTold = client.backchannelLogoutUri !== null || client.frontchannelLogoutUri !== null
  const keptMs = Math.max(lifeMs, isTold ? ctx.config.lifetimes.sessionMs : 0)
  const idleExpiresAt = now + idleMs
  const session = {
    id: sessionId,
    userId: grant.userId,
    clientId: client.id,
    tokenHash: null,
    scope: grant.scope,
    createdAt: now,
    expiresAt: now + keptMs,
    idleExpiresAt,
    authenticatedAt: grant.authenticatedAt,
    amr: grant.amr,
    secondFactor: null,
    browserSessionId: grant.browserSessionId,
    dpopJkt: jkt,
  }
  return [
    insertSession(session, condition),
    ...(refreshToken === null
      ? []
      : [insertRefreshToken({ ...refreshTokenHashes(refreshToken), sessionId, createdAt: now, expiresAt: idleExpiresAt }, condition)]),
    audit(ctx, { type: 'client_authorized', userId: grant.userId, sessionId, clientId: client.id, condition }),
  ]
}
