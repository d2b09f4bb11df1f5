/**
 * ID tokens (OpenID Connect Core §2): who signed in, when and how, told to one client, in the algorithm that it is registered
 * for. `typ: JWT`, audience the client; an access token has another type and another audience, so neither is taken for the other (RFC 9068 §5).
 * The claims about the person are userinfo's (§5.4).
 */
import { createHash } from 'node:crypto'
import { decodeJwt, errors, SignJWT } from 'jose'
import { fromHex, type SessionId, toHex, type UserId } from '../../ids.ts'
import type { Ctx } from '../ctx.ts'
import { getSigner, SIGNING_ALGORITHMS, type SigningAlgorithm, verifyJwt } from './signing-keys.ts'

const TYPE = 'JWT'

export interface IdTokenGrant {
  readonly clientId: string
  readonly alg: SigningAlgorithm
  readonly userId: UserId
  readonly sessionId: SessionId
  /** As it came with the authorization request; a refreshed one has none (§12.2). */
  readonly nonce: string | null
  readonly authenticatedAt: number
  /** RFC 8176, space separated. */
  readonly amr: string
  readonly accessToken: string
  readonly lifeSeconds: number
  /** Of the person, beside those of the standard's §2. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a protocol's ID tokens say beside the standard's claims, of the person. */
export type MoreClaims = (userId: UserId) => Readonly<Record<string, string>>

export async function issueIdToken(ctx: Ctx, grant: IdTokenGrant): Promise<string> {
  const { header, key } = await getSigner(ctx.config, grant.alg)
  const now = Math.floor(ctx.now() / 1000)
  return new SignJWT({
    ...grant.claims,
    sub: toHex(grant.userId),
    sid: toHex(grant.sessionId),
    auth_time: Math.floor(grant.authenticatedAt / 1000),
    amr: grant.amr.split(' '),
    at_hash: accessTokenHash(grant.accessToken),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
  })
    .setProtectedHeader({ ...header, typ: TYPE })
    .setIssuer(ctx.config.origin)
    .setAudience(grant.clientId)
    .setIssuedAt(now)
    .setExpirationTime(now + grant.lifeSeconds)
    .sign(key)
}

/** §3.1.3.6: the left half of the hash that goes with ES256 and RS256. */
function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest().subarray(0, 16).toString('base64url')
}

/** Whom an `id_token_hint` is about, and whose it is. */
export interface IdTokenHint {
  readonly userId: UserId
  readonly clientId: string
}

/** Null when it is none of our ID tokens. An expired one is still a hint (RP-Initiated Logout §4). */
export async function readIdTokenHint(ctx: Ctx, token: string): Promise<IdTokenHint | null> {
  const payload = await verifyJwt(ctx, token, {
    typ: TYPE,
    algorithms: [...SIGNING_ALGORITHMS],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'sid'],
    clockTolerance: Number.MAX_SAFE_INTEGER,
  })
  const { sub, aud } = payload ?? {}
  const userId = typeof sub === 'string' ? fromHex<UserId>(sub) : null
  return userId !== null && typeof aud === 'string' ? { userId, clientId: aud } : null
}

/** The audience that a token names, whoever made it: it proves nothing. */
export function readAudience(token: string): string | undefined {
  try {
    const { aud } = decodeJwt(token)
    return typeof aud === 'string' ? aud : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
