/**
 * Client authentication by assertions: `private_key_jwt` and `client_secret_jwt` (RFC 7523 §2.2 and §3, OpenID Connect
 * Core §9). Which of the two it is, the client's registration says. An assertion names the issuer as its sole audience
 * (docs/decisions/035), and its `jti` is used once: D1 decides, in the round trip of the request itself.
 */
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import * as z from 'zod'
import { randomHex, sha256 } from '../../crypto.ts'
import { isClientOfVersion } from '../../store/db/client-registration.ts'
import type { Results, Statement } from '../../store/db/database.ts'
import { type ClientKeysRow, findClient, findClientKeys, type OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { findClaimedToken, type SpentToken, spendToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { Unacceptable, Unanswered } from '../outside.ts'
import { authenticateClient, type ClientCredentials, invalidClient } from './client-authentication.ts'
import { findKeys, openSecret, PRIVATE_KEY_ALGORITHMS, SECRET_ALGORITHMS } from './client-keys.ts'
import type { Client } from './clients.ts'
import { ASSERTION_ID_LENGTH_MAX, ASSERTION_MS, ASSERTION_TOLERANCE_MS } from './limits.ts'

/** An assertion that the client has signed. It counts once it is claimed. */
export interface VerifiedAssertion {
  readonly spent: SpentToken
  /** Claims it, unless it was used before or the client has changed since it was verified. */
  readonly claim: Statement<void>
}

/** The client that proves itself, with `reads` in the same round trip; an assertion takes one more before. */
export async function proveClient<const Reads extends readonly Statement<unknown>[]>(
  ctx: Ctx,
  credentials: ClientCredentials,
  reads: Reads,
): Promise<{ client: Client; row: OAuthClientRow | null; reads: Results<Reads> }> {
  const find = findClient(credentials.clientId)
  if (credentials.assertion === undefined) {
    const [row, ...rest] = await ctx.db.batch([find, ...reads])
    return { client: authenticateClient(row as OAuthClientRow | null, credentials), row, reads: rest as Results<Reads> }
  }
  const { spent, claim } = await verifyAssertion(ctx, { ...credentials, assertion: credentials.assertion })
  const [, claimed, row, ...rest] = await ctx.db.batch([claim, findClaimedToken(spent), find, ...reads])
  return { client: authenticateClient(row, credentials, claimed !== null), row, reads: rest as Results<Reads> }
}

/** One round trip. The client's keys are fetched only for a client that is known and an assertion that could be right. */
export async function verifyAssertion(
  ctx: Ctx,
  { clientId, assertion }: { readonly clientId: string; readonly assertion: string },
): Promise<VerifiedAssertion> {
  const { jti, exp } = judgeClaims(ctx, clientId, assertion)
  const row = await ctx.db.one(findClientKeys(clientId))
  if (!row || row.disabledAt !== null || !(await isSignedBy(ctx, row, assertion))) throw refusal()
  const expiresAt = Math.ceil(exp * 1000) + ASSERTION_TOLERANCE_MS
  const spent = { digest: sha256(`client_assertion:${clientId}:${jti}`), claimedBy: Number.parseInt(randomHex(6), 16), expiresAt }
  return { spent, claim: spendToken(spent, isClientOfVersion(clientId, row.updatedAt)) }
}

const refusal = () => invalidClient('The client is unknown or disabled, or has not signed the client assertion')

/** RFC 7523 §3, and RFC 8725 §3.11: what was signed for another purpose is no assertion. */
const TYPES = [undefined, 'jwt', 'client-authentication+jwt', 'application/client-authentication+jwt']

const Claims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  jti: z.string().min(1).max(ASSERTION_ID_LENGTH_MAX),
})

/** What can be told without a key. */
function judgeClaims(ctx: Ctx, clientId: string, assertion: string): z.output<typeof Claims> {
  const { typ, payload } = decode(assertion)
  const { data: claims, error } = Claims.safeParse(payload)
  if (!claims) throw invalidClient(`The client assertion has no valid ${String(error.issues[0]?.path[0])}`)
  const now = ctx.now()
  const isFuture = (seconds = 0) => seconds * 1000 > now + ASSERTION_TOLERANCE_MS
  const { iss, sub, aud, exp, iat, nbf } = claims
  const rules: readonly [isBroken: boolean, message: string][] = [
    [!TYPES.includes(typ?.toLowerCase()), 'The typ of the client assertion is not that of a client assertion'],
    [iss !== clientId || sub !== clientId, 'iss and sub of the client assertion must be the client_id'],
    [aud !== ctx.config.origin, `aud of the client assertion must be the issuer, ${ctx.config.origin}, alone`],
    [exp * 1000 <= now - ASSERTION_TOLERANCE_MS, 'The client assertion has expired'],
    [
      exp * 1000 > now + ASSERTION_MS + ASSERTION_TOLERANCE_MS,
      `exp of the client assertion must be at most ${ASSERTION_MS / 60_000} minutes away`,
    ],
    [isFuture(iat) || isFuture(nbf), 'The client assertion is not valid yet'],
  ]
  const broken = rules.find(([isBroken]) => isBroken)
  if (broken) throw invalidClient(broken[1])
  return claims
}

function decode(assertion: string): { typ: string | undefined; payload: unknown } {
  try {
    const { typ } = decodeProtectedHeader(assertion)
    return { typ: typ === undefined ? undefined : String(typ), payload: decodeJwt(assertion) }
  } catch {
    throw invalidClient('The client assertion is not a signed JWT')
  }
}

async function isSignedBy(ctx: Ctx, row: ClientKeysRow, assertion: string): Promise<boolean> {
  const method = row.tokenEndpointAuthMethod
  try {
    if (method === 'client_secret_jwt') {
      const secret = await openSecret(ctx, row)
      if (secret === null) return false
      await compactVerify(assertion, secret, { algorithms: [...SECRET_ALGORITHMS] })
      return true
    }
    if (method !== 'private_key_jwt') return false
    // Before any key is looked for: `alg` decides which are fitting.
    const { alg } = decodeProtectedHeader(assertion)
    if (!(PRIVATE_KEY_ALGORITHMS as readonly unknown[]).includes(alg)) return false
    await compactVerify(assertion, await findKeys(ctx, row), { algorithms: [...PRIVATE_KEY_ALGORITHMS] })
    return true
  } catch (error) {
    if (error instanceof Unanswered || error instanceof Unacceptable) throw unavailable(ctx, row, error)
    return false
  }
}

/** The client's own server: whoever runs it needs to know. */
function unavailable(ctx: Ctx, { id }: ClientKeysRow, error: Unanswered | Unacceptable): AppError {
  ctx.log('warn', 'client_keys_unavailable', { client: id, cause: `${error.name}: ${error.message}` })
  if (error instanceof Unacceptable) return invalidClient('What the jwks_uri of the client returns is not a set of public keys')
  return new AppError('temporarily_unavailable', 'The jwks_uri of the client does not answer', { retryAfter: 10 })
}
