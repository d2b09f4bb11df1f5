/**
 * User sessions under an API key (wire §4.1): a sign-in with a password, like a browser's up to the session it starts,
 * and new access tokens while that session lasts. The key authenticates the client, so the refresh token stays
 * (docs/decisions/009). Security rows 53, 54.
 */
import type { SessionId } from '../../ids.ts'
import { always } from '../../store/db/database.ts'
import { findRefreshToken } from '../../store/db/refresh-tokens.ts'
import { findGateRowOfRefreshToken, touchSession } from '../../store/db/sessions.ts'
import { touchLastSeen } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { toLivePrincipal } from '../gate.ts'
import { SESSION_TOUCH_MS } from '../limits.ts'
import { refreshTokenHashes } from '../oauth/refresh-token.ts'
import { type Begin, completeSignIn } from '../sessions/completion.ts'
import { trimKnownNetworks } from '../sessions/known-sources.ts'
import { forgetTries } from '../sessions/password-attempts.ts'
import { type PasswordSignIn, type RightPassword, requireRightPassword, wrongCredentials } from '../sessions/right-password.ts'
import { byPassword } from '../sessions/sign-in.ts'
import { issueKeyToken, type Key, newKeySession, personalScopes } from './keys.ts'

export interface KeyTokens {
  readonly accessToken: string
  readonly refreshToken: string
}

/**
 * Throws like `signIn`. An account with a second factor is refused like a wrong password: there is no second step here,
 * and nothing is left that could be continued. At most 3 round trips.
 */
export async function signInUnderKey(ctx: Ctx, key: Key, input: PasswordSignIn): Promise<KeyTokens> {
  const right = await requireRightPassword(ctx, input)
  const { user, counted } = right
  if (user.secondFactors !== null) return refuseSecondFactor(ctx, right, input)
  const { session } = await completeSignIn(ctx, {
    ...byPassword(ctx, user, counted),
    userAgent: input.userAgent,
    presented: null,
    writes: [],
    begin: keyBeginner(ctx, key),
  })
  const accessToken = await issueKeyToken(ctx, { key, userId: user.id, sessionId: session.sessionId })
  return { accessToken, refreshToken: session.refreshToken }
}

function keyBeginner(ctx: Ctx, key: Key): Begin<{ sessionId: SessionId; refreshToken: string }> {
  return (input) => {
    const { sessionId, refreshToken, writes } = newKeySession(ctx, { ...input, key, refreshable: true })
    if (refreshToken === null) throw new Error('a refreshable session without its token')
    const settle = () => ctx.defer(() => ctx.db.batch([touchLastSeen(input.userId, ctx.now(), always), trimKnownNetworks(input.userId)]))
    return { id: sessionId, session: { sessionId, refreshToken }, clientId: key.clientId, writes, settle }
  }
}

/** The password was right, so it is not counted as a failure; the owner sees it in their history. */
async function refuseSecondFactor(ctx: Ctx, { user, counted }: RightPassword, input: PasswordSignIn): Promise<never> {
  await ctx.db.batch([
    ...forgetTries(ctx, user, counted),
    audit(ctx, { type: 'sign_in_failed', userId: user.id, userAgent: input.userAgent, detail: 'second_factor', condition: always }),
  ])
  throw wrongCredentials(input)
}

/** A new access token under the key that the session was created under. Throws `invalid_grant`. One round trip. */
export async function refreshUnderKey(ctx: Ctx, key: Key, refreshToken: string): Promise<{ accessToken: string }> {
  const now = ctx.now()
  const hashes = refreshTokenHashes(refreshToken)
  const [token, row] = await ctx.db.batch([findRefreshToken(hashes, now), findGateRowOfRefreshToken(hashes)])
  // A rotated token is none of these: it belongs to a client that authenticates in another way.
  const isOwn =
    token !== null && token.clientId === key.clientId && token.isCurrent === 1 && token.rotatedAt === null && token.expiresAt > now
  if (!isOwn || !row) throw refusal()
  const { userId, sessionId } = token
  const claim = { kind: 'access_token', clientId: key.clientId, userId, sessionId, scopes: personalScopes(key) } as const
  if (!toLivePrincipal(claim, row, now)) throw refusal()
  if (now - row.sessionLastUsedAt > SESSION_TOUCH_MS) {
    ctx.defer(() => ctx.db.one(touchSession({ id: sessionId, now, idleExpiresAt: row.sessionIdleExpiresAt })))
  }
  return { accessToken: await issueKeyToken(ctx, { key, userId, sessionId }) }
}

const refusal = () => new AppError('invalid_grant', 'The refresh token is not valid')
