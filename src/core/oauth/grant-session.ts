/** The session that a user's grant to a client becomes, with its first refresh token. */
import { randomToken } from '../../crypto.ts'
import type { SessionId, UserId } from '../../ids.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { insertRefreshToken } from '../../store/db/refresh-tokens.ts'
import { insertSession } from '../../store/db/sessions.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import type { Client } from './clients.ts'
import { refreshTokenHashes } from './refresh-token.ts'

interface GrantSession {
  readonly client: Client
  readonly grant: { readonly userId: UserId; readonly scope: string; readonly authenticatedAt: number; readonly amr: string }
  readonly sessionId: SessionId
  readonly refreshToken: string | null
  /** Holds when the grant was claimed for this session. */
  readonly condition: Fragment
}

/** Null for a client that is not registered for refresh tokens. */
export function newRefreshToken(client: Client): string | null {
  return client.grantTypes.includes('refresh_token') ? randomToken() : null
}

/** Session, refresh token and event, after the statement that claims the grant. */
export function grantSessionWrites(ctx: Ctx, input: GrantSession): Statement<unknown>[] {
  const { client, grant, sessionId, refreshToken, condition } = input
  const now = ctx.now()
  // Without refresh tokens the grant ends with its only access token.
  const { refreshTokenMs, refreshTokenIdleMs } = ctx.config.lifetimes
  const life = refreshToken === null ? client.accessTokenSeconds * 1000 : refreshTokenMs
  const idleExpiresAt = now + Math.min(life, refreshTokenIdleMs)
  const session = {
    id: sessionId,
    userId: grant.userId,
    clientId: client.id,
    tokenHash: null,
    scope: grant.scope,
    createdAt: now,
    expiresAt: now + life,
    idleExpiresAt,
    authenticatedAt: grant.authenticatedAt,
    amr: grant.amr,
    secondFactor: null,
  }
  return [
    insertSession(session, condition),
    ...(refreshToken === null
      ? []
      : [insertRefreshToken({ ...refreshTokenHashes(refreshToken), sessionId, createdAt: now, expiresAt: idleExpiresAt }, condition)]),
    audit(ctx, { type: 'client_authorized', userId: grant.userId, sessionId, clientId: client.id, condition }),
  ]
}
