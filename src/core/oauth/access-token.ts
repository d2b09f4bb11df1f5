/**
 * Access tokens: ES256 JWT as RFC 9068 says (`typ: at+jwt`), made and verified with jose (RFC 8725: fixed algorithm,
 * type, issuer and audience; the key comes from our own list by `kid`, never from the header).
 * A valid signature is only a claim: the gate decides.
 */
import { type CryptoKey, errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Config } from '../../config.ts'
import { randomToken } from '../../crypto.ts'
import { fromHex, type SessionId, toHex, type UserId } from '../../ids.ts'
import type { Ctx } from '../ctx.ts'
import type { Claim } from '../sessions/principal.ts'
import { type Scope, storedScopes } from './scopes.ts'

const ALGORITHM = 'ES256'
const TYPE = 'at+jwt'
/** Between the clocks of two edge locations. */
const CLOCK_TOLERANCE_SECONDS = 5

interface Keys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  readonly verifying: ReadonlyMap<string, CryptoKey>
  /** RFC 7517: what `/.well-known/jwks.json` answers. */
  readonly publicJwks: { readonly keys: readonly JsonWebKey[] }
}

const imported = new WeakMap<Config, Keys>()

async function getKeys(config: Config): Promise<Keys> {
  const known = imported.get(config)
  if (known) return known
  const verifying = new Map<string, CryptoKey>()
  const publicKeys: JsonWebKey[] = []
  for (const { kid, privateJwk } of config.signingKeys) {
    const { kty, crv, x, y } = privateJwk
    const publicJwk = { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' } as JsonWebKey
    publicKeys.push(publicJwk)
    verifying.set(kid, (await importJWK(publicJwk as never, ALGORITHM)) as CryptoKey)
  }
  const [first] = config.signingKeys
  if (!first) throw new Error('SIGNING_KEYS is empty')
  const key = (await importJWK(first.privateJwk as never, ALGORITHM)) as CryptoKey
  const keys = { signing: { kid: first.kid, key }, verifying, publicJwks: { keys: publicKeys } }
  imported.set(config, keys)
  return keys
}

export async function getPublicJwks(config: Config): Promise<Keys['publicJwks']> {
  return (await getKeys(config)).publicJwks
}

export interface AccessTokenGrant {
  readonly clientId: string
  readonly scopes: readonly Scope[]
  readonly lifeSeconds: number
  /** Whose token it is: a user in a session, or the client itself with its present epoch. */
  readonly holder: { readonly userId: UserId; readonly sessionId: SessionId } | { readonly clientEpoch: number }
}

export async function issueAccessToken(ctx: Ctx, grant: AccessTokenGrant): Promise<string> {
  const { signing } = await getKeys(ctx.config)
  const now = Math.floor(ctx.now() / 1000)
  const holder =
    'userId' in grant.holder
      ? { sub: toHex(grant.holder.userId), sid: toHex(grant.holder.sessionId) }
      : { sub: grant.clientId, client_epoch: grant.holder.clientEpoch }
  return new SignJWT({ ...holder, client_id: grant.clientId, scope: grant.scopes.join(' '), jti: randomToken(16) })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: signing.kid })
    .setIssuer(ctx.config.origin)
    .setAudience(ctx.config.origin)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + grant.lifeSeconds)
    .sign(signing.key)
}

/** Tokens whose signature was found right, per configuration: a client sends the same one hundreds of times. */
const verified = new WeakMap<Config, Map<string, { readonly claim: Claim; readonly expiresAt: number }>>()
const VERIFIED_MAX = 1_000

/**
 * What the token claims, or null when it is not one of ours or has expired. Remembers right signatures, which cannot
 * become wrong; whether the token still counts is asked of the gate each time.
 */
export async function verifyAccessToken(ctx: Ctx, token: string): Promise<Claim | null> {
  const known = verified.get(ctx.config) ?? new Map()
  verified.set(ctx.config, known)
  const seen = known.get(token)
  if (seen && seen.expiresAt > ctx.now()) return seen.claim
  known.delete(token)
  const payload = await verifyJwt(ctx, token)
  const claim = payload && toClaim(payload)
  if (!claim) return null
  // The oldest goes: a Map keeps the order of insertion.
  if (known.size >= VERIFIED_MAX) known.delete(known.keys().next().value ?? '')
  known.set(token, { claim, expiresAt: (payload.exp ?? 0) * 1000 })
  return claim
}

async function verifyJwt(ctx: Ctx, token: string): Promise<JWTPayload | null> {
  const { verifying } = await getKeys(ctx.config)
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = kid === undefined ? undefined : verifying.get(kid)
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ctx.config.origin,
        audience: ctx.config.origin,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(ctx.now()),
        requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id', 'scope'],
      },
    )
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}

function toClaim(payload: JWTPayload): Claim | null {
  const { sub, sid, client_id: clientId, scope, client_epoch: clientEpoch } = payload
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof scope !== 'string') return null
  const scopes = storedScopes(scope)
  if (typeof clientEpoch === 'number') return sub === clientId ? { kind: 'client', clientId, clientEpoch, scopes } : null
  const userId = fromHex<UserId>(sub)
  const sessionId = typeof sid === 'string' ? fromHex<SessionId>(sid) : null
  return userId !== null && sessionId !== null ? { kind: 'access_token', clientId, userId, sessionId, scopes } : null
}
