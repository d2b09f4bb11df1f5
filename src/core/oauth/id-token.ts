/**
 * ID tokens (OpenID Connect Core §2): who signed in, when and how, for one client, in the algorithm that it is
 * registered for. `typ: JWT`, audience the client; an access token has another type and audience, so neither passes for
 * the other (RFC 9068 §5). The claims about the user are those of userinfo (§5.4).
 */
import { createHash } from 'node:crypto'
import { decodeJwt, errors } from 'jose'
import { type SessionId, toHex, type UserId } from '../../ids.ts'
import type { Ctx } from '../ctx.ts'
import { type Authentication, authenticationClaims } from './access-token.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm, signJwt, verifyJwt } from './signing-keys.ts'
import { readSubject } from './subjects.ts'

const TYPE = 'JWT'

export interface IdTokenGrant extends Authentication {
  readonly clientId: string
  readonly alg: SigningAlgorithm
  /** Of `subjectFor`. */
  readonly subject: string
  readonly sessionId: SessionId
  /** As in the authorization request; a refreshed token has none (§12.2). */
  readonly nonce: string | null
  readonly accessToken: string
  readonly lifeSeconds: number
  /** About the user, beside those of §2 of the standard. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** The user claims of a protocol's ID tokens beside the standard's. */
export type MoreClaims = (userId: UserId) => Readonly<Record<string, string>>

export function issueIdToken(ctx: Ctx, grant: IdTokenGrant): Promise<string> {
  const now = Math.floor(ctx.now() / 1000)
  return signJwt(ctx.config, grant.alg, TYPE, {
    ...grant.claims,
    sub: grant.subject,
    sid: toHex(grant.sessionId),
    ...authenticationClaims(grant),
    at_hash: accessTokenHash(grant.accessToken),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    iss: ctx.config.origin,
    aud: grant.clientId,
    iat: now,
    exp: now + grant.lifeSeconds,
  })
}

/** §3.1.3.6: the left half of the hash that belongs to ES256 and RS256. */
function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest().subarray(0, 16).toString('base64url')
}

/** The user and the client of an `id_token_hint`. */
export interface IdTokenHint {
  readonly userId: UserId
  readonly subject: string
  readonly clientId: string
}

/** Null if it is not one of our ID tokens. An expired one is still a hint (RP-Initiated Logout §4). */
export async function readIdTokenHint(ctx: Ctx, token: string): Promise<IdTokenHint | null> {
  const payload = await verifyJwt(ctx, token, {
    typ: TYPE,
    algorithms: [...SIGNING_ALGORITHMS],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'sid'],
    clockTolerance: Number.MAX_SAFE_INTEGER,
  })
  const { sub, aud } = payload ?? {}
  if (typeof sub !== 'string' || typeof aud !== 'string') return null
  const userId = readSubject(ctx.config, sub)
  return userId === null ? null : { userId, subject: sub, clientId: aud }
}

/** The audience named in a token, unverified: it proves nothing. */
export function readAudience(token: string): string | undefined {
  try {
    const { aud } = decodeJwt(token)
    return typeof aud === 'string' ? aud : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
