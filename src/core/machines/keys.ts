/**
 * API keys and license keys: who presents one, and user sessions and tokens under it. Each key has an OAuth client of
 * its own, which only the key can act for: its scopes cap the tokens, and it ends with the key.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import { type MachineId, NO_ID, type SessionId, type UserId } from '../../ids.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { findLivingKey, type KeyKind, type MachineRow } from '../../store/db/machine-credentials.ts'
import { insertRefreshToken } from '../../store/db/refresh-tokens.ts'
import { insertSession, sessionWasMade } from '../../store/db/sessions.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { issueAccessToken } from '../oauth/access-token.ts'
import { ACCESS_TOKEN_SECONDS_MAX } from '../oauth/limits.ts'
import { refreshTokenHashes } from '../oauth/refresh-token.ts'
import { intersectScopes, type Scope, storedScopes } from '../scopes.ts'
import { touchMachineLater } from './last-use.ts'
import { looksLikeSecret } from './secrets.ts'

export type { KeyKind, MachineRow as Machine } from '../../store/db/machine-credentials.ts'

/** A key's row; it always has a client. */
export type Key = MachineRow & { readonly clientId: string }

/** The valid key; throws `invalid_client` for any other. For sign-ins, before there is a token. One round trip at most. */
export async function requireLivingKey(ctx: Ctx, kind: KeyKind, key: string): Promise<Key> {
  const row = looksLikeSecret(kind, key) && (await ctx.db.one(findLivingKey(sha256(key), kind, ctx.now())))
  if (!row || row.clientId === null) throw new AppError('invalid_client', 'The key is not valid')
  touchMachineLater(ctx, row)
  ctx.caller.kind = 'key'
  ctx.caller.clientId = row.clientId
  return { ...row, clientId: row.clientId }
}

/** The scopes of users' tokens under the key: those of its scopes that are for users. */
export function personalScopes(key: Pick<MachineRow, 'scopes'>): Scope[] {
  return intersectScopes(storedScopes(key.scopes), ['delegated:all'])
}

interface KeySession {
  readonly sessionId: SessionId
  /** Null if the session has none: it then ends with its one access token. */
  readonly refreshToken: string | null
  readonly writes: readonly Statement<unknown>[]
}

/**
 * A new session of the user under the key, which ends no later than the key does, and the statements that store it
 * where `condition`, which may use the alias `u` (the user), holds. It exists once they are committed.
 */
export function newKeySession(
  ctx: Ctx,
  input: { key: Key; userId: UserId; amr: readonly string[]; refreshable: boolean; condition: Fragment },
): KeySession {
  const { key, userId } = input
  const now = ctx.now()
  const sessionId = ctx.newId<SessionId>()
  const refreshToken = input.refreshable ? randomToken() : null
  // No longer than the key. The old protocols do not rotate refresh tokens, so the session ends with its only one.
  const life = input.refreshable ? ctx.config.lifetimes.refreshTokenIdleMs : ACCESS_TOKEN_SECONDS_MAX * 1000
  const expiresAt = Math.min(now + life, key.expiresAt ?? Number.POSITIVE_INFINITY)
  const session = {
    id: sessionId,
    userId,
    clientId: key.clientId,
    tokenHash: null,
    scope: personalScopes(key).join(' '),
    createdAt: now,
    expiresAt,
    idleExpiresAt: expiresAt,
    authenticatedAt: now,
    amr: input.amr.join(' '),
    secondFactor: null,
  }
  const writes = [
    insertSession(session, input.condition),
    ...(refreshToken === null
      ? []
      : [insertRefreshToken({ ...refreshTokenHashes(refreshToken), sessionId, createdAt: now, expiresAt }, sessionWasMade(sessionId))]),
  ]
  return { sessionId, refreshToken, writes }
}

/** An access token valid for an hour, as these old APIs expect, for a session created under the key. */
export function issueKeyToken(ctx: Ctx, input: { key: Key; userId: UserId; sessionId: SessionId }): Promise<string> {
  const { key, userId, sessionId } = input
  return issueAccessToken(ctx, {
    clientId: key.clientId,
    scopes: personalScopes(key),
    lifeSeconds: ACCESS_TOKEN_SECONDS_MAX,
    holder: { userId, sessionId },
  })
}

/** The id of the key behind a client, which is part of the client's id; `NO_ID` for any other client. */
export function keyIdOf(clientId: string | null): MachineId {
  return Number(/^machine-(\d{1,16})$/.exec(clientId ?? '')?.[1] ?? NO_ID) as MachineId
}
