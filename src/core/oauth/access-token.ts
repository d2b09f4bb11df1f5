/**
 * Access tokens: ES256 JWTs per RFC 9068 (`typ: at+jwt`), created and verified with jose (RFC 8725: fixed algorithm,
 * type, issuer and audience; the key comes from our own list by `kid`, never from the header). A valid signature is
 * only a claim: the gate decides.
 */
import type { JWTPayload } from 'jose'
import type { Config } from '../../config.ts'
import { randomToken } from '../../crypto.ts'
import { fromHex, type SessionId, toHex, type UserId } from '../../ids.ts'
import { acrOf } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claim } from '../principal.ts'
import { storedScopes } from '../scopes.ts'
import { signJwt, verifyJwt } from './signing-keys.ts'
import { isPairwise, readSubject } from './subjects.ts'

/** The response of the token endpoint (RFC 6749 §5.1). */
export interface TokenSet {
  readonly accessToken: string
  readonly expiresIn: number
  /** Of the access token. */
  readonly scopes: readonly string[]
  /** The access token is bound to a key (RFC 9449). */
  readonly isBound: boolean
  /** Null if the grant has none. */
  readonly refreshToken: string | null
  /** Null unless the scope `openid` was granted. */
  readonly idToken: string | null
  /** Of a token exchange (RFC 8693 §2.2.1). */
  readonly issuedTokenType?: string
}

const TYPE = 'at+jwt'
/** One algorithm for all clients: verified on every request, so the fast one. */
const ALGORITHM = 'ES256'

export interface AccessTokenGrant {
  readonly clientId: string
  /** Kith's, or those of the API that is the audience. */
  readonly scopes: readonly string[]
  readonly lifeSeconds: number
  /** The subject of a token: a user in a session, with the `sub` of `subjectFor`, or the client itself with its current epoch. */
  readonly holder: { readonly userId: UserId; readonly sessionId: SessionId; readonly subject?: string } | { readonly clientEpoch: number }
  /** Of a user at the authorization endpoint (RFC 9068 §2.2.1). A client has none. */
  readonly authentication?: Authentication
  /** RFC 8707: the API that it is for; Kith itself if omitted. */
  readonly audience?: string | undefined
  /** The thumbprint of the key that it is bound to (RFC 9449 §6.1). */
  readonly jkt?: string | null | undefined
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly actor?: Actor | undefined
  /** What the API is told of the user beside that. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** RFC 8693 §4.1: a client, and whom it acts for in turn. */
export interface Actor {
  readonly sub: string
  readonly act?: Actor
}

/** A user's sign-in, as tokens carry it. */
export interface Authentication {
  readonly authenticatedAt: number
  /** RFC 8176, space separated. */
  readonly amr: string
}

/** OpenID Connect Core §2, RFC 9068 §2.2.1. */
export function authenticationClaims({ authenticatedAt, amr }: Authentication) {
  const methods = amr.split(' ')
  return { auth_time: Math.floor(authenticatedAt / 1000), acr: acrOf(methods), amr: methods }
}

export function issueAccessToken(ctx: Ctx, grant: AccessTokenGrant): Promise<string> {
  const now = Math.floor(ctx.now() / 1000)
  const holder =
    'userId' in grant.holder
      ? { sub: grant.holder.subject ?? toHex(grant.holder.userId), sid: toHex(grant.holder.sessionId) }
      : { sub: grant.clientId, client_epoch: grant.holder.clientEpoch }
  return signJwt(ctx.config, ALGORITHM, TYPE, {
    ...grant.claims,
    ...holder,
    ...(grant.authentication && authenticationClaims(grant.authentication)),
    client_id: grant.clientId,
    scope: grant.scopes.join(' '),
    jti: randomToken(16),
    iss: ctx.config.origin,
    aud: grant.audience ?? ctx.config.origin,
    ...(grant.jkt != null && { cnf: { jkt: grant.jkt } }),
    ...(grant.actor && { act: grant.actor }),
    iat: now,
    nbf: now,
    exp: now + grant.lifeSeconds,
  })
}

/** The subject of a token: a user, or a client that acts for itself. */
type TokenClaim = Extract<Claim, { kind: 'access_token' | 'client' }>

/** The contents of a valid token: the claimed subject, and the times and the id that introspection shows. */
export interface ReadAccessToken {
  readonly claim: TokenClaim
  /** Kith's origin, or the API that it is for; then `claim` has no scopes. */
  readonly audience: string
  /** As the token names them. */
  readonly scopes: readonly string[]
  readonly jkt: string | null
  readonly actor: Actor | null
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string
}

/** Tokens whose signature was verified, per configuration: a client sends the same one hundreds of times. */
const verified = new WeakMap<Config, Map<string, ReadAccessToken>>()
const VERIFIED_MAX = 1_000

/**
 * What a token for Kith claims; null if it is not ours. Throws `invalid_token` for one that has expired, which its holder can
 * see from the token as well, and for one of an API.
 */
export async function verifyAccessToken(ctx: Ctx, token: string): Promise<TokenClaim | null> {
  const read = await readSigned(ctx, token)
  if (read && isOver(ctx, read)) throw new AppError('invalid_token', 'The access token has expired')
  if (read && read.audience !== ctx.config.origin) throw new AppError('invalid_token', 'The access token is for another audience')
  return read?.claim ?? null
}

/** The decoded token, whatever its audience; null if it is not ours or has expired. */
export async function readAccessToken(ctx: Ctx, token: string): Promise<ReadAccessToken | null> {
  const read = await readSigned(ctx, token)
  return read && !isOver(ctx, read) ? read : null
}

/**
 * A token that we have signed, even if it has expired. Caches verified signatures, which cannot become wrong; the gate decides on
 * each request whether the token is still valid. Times are in seconds.
 */
async function readSigned(ctx: Ctx, token: string): Promise<ReadAccessToken | null> {
  const known = verified.get(ctx.config) ?? new Map()
  verified.set(ctx.config, known)
  const seen = known.get(token)
  if (seen) return seen
  const payload = await verifyJwt(ctx, token, {
    typ: TYPE,
    algorithms: [ALGORITHM],
    requiredClaims: ['aud', 'exp', 'iat', 'sub', 'jti', 'client_id', 'scope'],
    mayBeExpired: true,
  })
  const read = payload && toRead(ctx, payload)
  if (!read || isOver(ctx, read)) return read
  // The oldest goes: a Map keeps the order of insertion.
  if (known.size >= VERIFIED_MAX) known.delete(known.keys().next().value ?? '')
  known.set(token, read)
  return read
}

/** To the second: what expires must not be shown as active, nor traded for less than nothing. */
const isOver = (ctx: Ctx, { expiresAt }: ReadAccessToken) => expiresAt * 1000 <= ctx.now()

function toRead(ctx: Ctx, payload: JWTPayload): ReadAccessToken | null {
  const { aud, scope, iat = 0, exp = 0, jti = '', cnf, act } = payload
  if (typeof aud !== 'string' || typeof scope !== 'string') return null
  const claim = toClaim(ctx, payload)
  if (!claim) return null
  const jkt = (cnf as { jkt?: string } | undefined)?.jkt ?? null
  const bound = jkt === null ? {} : { jkt }
  return {
    claim: { ...claim, ...bound, scopes: aud === ctx.config.origin ? claim.scopes : [] },
    audience: aud,
    scopes: scope.split(' ').filter(Boolean),
    jkt,
    actor: (act as Actor | undefined) ?? null,
    issuedAt: iat,
    expiresAt: exp,
    jti,
  }
}

function toClaim(ctx: Ctx, payload: JWTPayload): TokenClaim | null {
  const { sub, sid, client_id: clientId, scope, client_epoch: clientEpoch } = payload
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof scope !== 'string') return null
  const scopes = storedScopes(scope)
  if (typeof clientEpoch === 'number') return sub === clientId ? { kind: 'client', clientId, clientEpoch, scopes } : null
  const userId = readSubject(ctx.config, sub)
  const sessionId = typeof sid === 'string' ? fromHex<SessionId>(sid) : null
  if (userId === null || sessionId === null) return null
  return { kind: 'access_token', clientId, userId, sessionId, scopes, ...(isPairwise(sub) && { subject: sub }) }
}
