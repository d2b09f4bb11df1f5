/**
 * Client authentication by assertions: `private_key_jwt` and `client_secret_jwt` (RFC 7523 §2.2 and §3, OpenID Connect
 * Core §9). Which of the two it is, the client's registration says. An assertion names the issuer as its sole audience
 * (docs/decisions/035), and its `jti` is used once: D1 decides, in the round trip of the request itself.
 */
import { compactVerify } from 'jose'
import * as z from 'zod'
import { randomHex, sha256 } from '../../crypto.ts'
import { isClientOfVersion } from '../../store/db/client-registration.ts'
import { always, type Results, type Statement } from '../../store/db/database.ts'
import { type ClientKeysRow, findClient, findClientKeys, type OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { type SpentToken, spendToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { authenticateClient, type ClientCredentials, invalidClient } from './client-authentication.ts'
import { renewDocumentClient } from './client-documents.ts'
import { commonClaims, isSignedWithKey, type JwtPurpose, judgeClientJwt } from './client-jwt.ts'
import { openSecret, SECRET_ALGORITHMS } from './client-keys.ts'
import type { Client } from './clients.ts'
import { requireClaimed } from './dpop.ts'
import { ASSERTION_ID_LENGTH_MAX, ASSERTION_MS, CLIENT_CLOCK_TOLERANCE_MS } from './limits.ts'

/** An assertion that the client has signed. It counts once it is claimed. */
export interface VerifiedAssertion {
  readonly spent: SpentToken
  /** Claims it, unless it was used before or the client has changed since it was verified. */
  readonly claim: Statement<{ digest: string } | null>
}

/**
 * The client that proves itself, with `reads` in the same round trip, which also claims a DPoP proof; an assertion takes one more
 * before.
 */
export async function proveClient<const Reads extends readonly Statement<unknown>[]>(
  ctx: Ctx,
  credentials: ClientCredentials,
  reads: Reads,
): Promise<{ client: Client; row: OAuthClientRow | null; reads: Results<Reads> }> {
  const { clientId, assertion, proof } = credentials
  const verified = assertion === undefined ? null : await verifyAssertion(ctx, { clientId, assertion })
  const claims = [...(verified ? [verified.claim] : []), ...(proof ? [spendToken(proof.spent, always)] : [])]
  const [row, ...rest] = await ctx.db.batch([findClient(clientId), ...claims, ...reads])
  const client = authenticateClient(row, credentials, verified !== null && rest[0] !== null)
  if (proof) requireClaimed(rest[claims.length - 1] !== null)
  return { client, row, reads: rest.slice(claims.length) as Results<Reads> }
}

/** One round trip. The client's keys are fetched only for a client that is known and an assertion that could be right. */
export async function verifyAssertion(
  ctx: Ctx,
  { clientId, assertion }: { readonly clientId: string; readonly assertion: string },
): Promise<VerifiedAssertion> {
  const { sub, jti, exp } = judgeClientJwt(ctx, { clientId, jwt: assertion, schema: Claims }, ASSERTION)
  if (sub !== clientId) throw invalidClient('sub of the client assertion must be the client_id')
  await renewDocumentClient(ctx, clientId)
  const row = await ctx.db.one(findClientKeys(clientId))
  if (!row || row.disabledAt !== null || !(await isSignedBy(ctx, row, assertion))) throw refusal()
  const expiresAt = Math.ceil(exp * 1000) + CLIENT_CLOCK_TOLERANCE_MS
  const spent = { digest: sha256(`client_assertion:${clientId}:${jti}`), claimedBy: Number.parseInt(randomHex(6), 16), expiresAt }
  return { spent, claim: spendToken(spent, isClientOfVersion(clientId, row.updatedAt)) }
}

const refusal = () => invalidClient('The client is unknown or disabled, or has not signed the client assertion')

/** RFC 7523 §3. */
const ASSERTION: JwtPurpose = {
  name: 'client assertion',
  types: [undefined, 'jwt', 'client-authentication+jwt', 'application/client-authentication+jwt'],
  lifeMs: ASSERTION_MS,
  refusal: invalidClient,
}

const Claims = z.object({ ...commonClaims, sub: z.string(), jti: z.string().min(1).max(ASSERTION_ID_LENGTH_MAX) })

async function isSignedBy(ctx: Ctx, row: ClientKeysRow, assertion: string): Promise<boolean> {
  if (row.tokenEndpointAuthMethod === 'private_key_jwt') return isSignedWithKey(ctx, row, assertion, ASSERTION)
  const secret = row.tokenEndpointAuthMethod === 'client_secret_jwt' ? await openSecret(ctx, row) : null
  if (secret === null) return false
  return compactVerify(assertion, secret, { algorithms: [...SECRET_ALGORITHMS] }).then(
    () => true,
    () => false,
  )
}
