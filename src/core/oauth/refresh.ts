/**
 * Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): rotated at each use, and still safe to retry. The successor of a token
 * is an HMAC of it, so a repeat before the successor's first use gets the same successor again: at any time if the tokens are
 * bound to a key, otherwise within the grace time. Any other second use is treated as theft and ends the family, however long ago the
 * first was (docs/decisions/014). Everything is
 * validated before anything is rotated; the database does it where it can, in the same round trip. Under FAPI a token is not
 * rotated: it is of no use without two keys of the client (docs/decisions/043).
 */
import { sha256 } from '../../crypto.ts'
import { isTargetUnchanged } from '../../store/db/apis.ts'
import { always, both, type Fragment, never } from '../../store/db/database.ts'
import { isOfUnchangedClient } from '../../store/db/oauth-clients.ts'
import { findPresentedToken, type PresentedTokenRow, type RefreshTokenRow, rotateRefreshToken } from '../../store/db/refresh-tokens.ts'
import { findClaimedToken, spendToken, wasSpentBy } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { TokenSet } from './access-token.ts'
import { type Asked, isKith, spellingsOf, targetOf } from './api-grants.ts'
import { type VerifiedAssertion, verifyAssertion } from './client-assertion.ts'
import { ASSERTION_METHODS, authenticateClient, type ClientCredentials, SECRET_METHODS } from './client-authentication.ts'
import { requireGrantType } from './clients.ts'
import { type DpopProof, keyToBind, requireClaimed } from './dpop.ts'
import { endFamily } from './families.ts'
import { isFapi } from './fapi.ts'
import type { MoreClaims } from './id-token.ts'
import { REFRESH_GRACE_MS } from './limits.ts'
import { refreshTokenHashes, successorOf } from './refresh-token.ts'
import { requireSigningKey, signingAlgorithms } from './signing-keys.ts'
import { issueUserTokens } from './user-tokens.ts'

type LiveToken = RefreshTokenRow & { readonly clientId: string }

export async function refreshTokens(
  ctx: Ctx,
  credentials: ClientCredentials,
  input: Asked & { refreshToken: string; moreClaims?: MoreClaims | undefined },
): Promise<TokenSet> {
  const { refreshToken: presented, moreClaims } = input
  // Requested scopes have to be judged before: the database cannot.
  const { assertion, clientId, proof } = credentials
  const verified = assertion === undefined ? null : await verifyAssertion(ctx, { clientId, assertion })
  const use = { presented, clientId, verified, proof }
  const found = await rotate(ctx, use, both(isProven(ctx, credentials, verified), isAnswerable(ctx, input)))
  if (found === null && proof) requireClaimed((await ctx.db.one(findClaimedToken(proof.spent))) !== null)
  const client = authenticateClient(found, credentials, verified !== null)
  requireGrantType(client, 'refresh_token')
  const jkt = keyToBind(client, proof)
  // Another client's token affects nothing of its own family: whoever presents it may have guessed it or been handed
  // it.
  if (!found || found.clientId !== client.id || found.isLive !== 1) throw invalidGrant()
  const token: LiveToken = { ...found, clientId: client.id }
  // Nor does the current token without its key: whoever has stolen it can do nothing with it.
  if (token.isCurrent === 1 && !holdsKey(token, jkt)) throw invalidGrant('The refresh token is bound to a key: send a DPoP proof of it')
  if (token.isCurrent !== 1 && !mayComeAgain(token, jkt, ctx.now(), isFapi(client))) return refuseReuse(ctx, token)
  if (token.expiresAt <= ctx.now()) throw invalidGrant()
  const target = targetOf(ctx.config, client, token, input)
  if (target.scopes.includes('openid')) requireSigningKey(ctx.config, client.idTokenAlg)
  const isKept = isFapi(client) && token.isCurrent === 1
  const refreshToken = isKept ? await keepToken(ctx, { ...use, isKept }, jkt) : await successorOfToken(ctx, use, token)
  const { userId, sessionId, sessionExpiresAt, authenticatedAt, amr } = token
  // OpenID Connect Core §12.2: the nonce belongs to the authorization request, so a refreshed ID token has none.
  const about = { userId, sessionId, sessionExpiresAt, nonce: null, jkt, authenticatedAt, amr, moreClaims }
  const tokens = await issueUserTokens(ctx, { client, target, text: token.scope, ...about })
  return { ...tokens, refreshToken }
}

/** What `authenticateClient` and the rest of `refreshTokens` ask of the client, or more, for the database to judge. */
function isProven(ctx: Ctx, { method, clientId, secret, proof }: ClientCredentials, verified: VerifiedAssertion | null): Fragment {
  const isPublic = method === 'none'
  const client = { clientId, grantType: 'refresh_token', idTokenAlgs: signingAlgorithms(ctx.config), provesKey: proof !== undefined }
  if (verified !== null) {
    return both(wasSpentBy(verified.spent), isOfUnchangedClient({ ...client, secretHash: undefined, methods: ASSERTION_METHODS }))
  }
  return isOfUnchangedClient({
    ...client,
    secretHash: isPublic ? null : sha256(secret ?? ''),
    methods: isPublic ? ['none'] : SECRET_METHODS,
  })
}

/** Whether `targetOf` certainly finds what is asked for. */
function isAnswerable({ config }: Ctx, { scope, resources = [] }: Asked): Fragment {
  const [resource, ...more] = resources
  if (scope !== undefined || more.length > 0) return never
  const spellings = resource === undefined ? undefined : isKith(config, resource) ? null : spellingsOf(resource)
  return isTargetUnchanged(spellings)
}

/** A token as a client presents it; the answer is null for one whose assertion or proof was used before. */
interface Use {
  readonly presented: string
  readonly clientId: string
  readonly verified: VerifiedAssertion | null
  readonly proof: DpopProof | undefined
  /** It only lives on. */
  readonly isKept?: boolean
}

/** Rotates the token where `condition` holds. Returns what is there after that, whoever rotated it. */
function rotate(
  ctx: Ctx,
  { presented, clientId, verified, proof, isKept = false }: Use,
  condition: Fragment,
): Promise<PresentedTokenRow | null> {
  const now = ctx.now()
  const kid = ctx.config.hmacKeys.current
  const hashes = refreshTokenHashes(presented)
  const successorHash = isKept ? null : sha256(successorOf(ctx, kid, presented) ?? '')
  const rotation = { ...hashes, successorHash, idleUntil: now + ctx.config.lifetimes.refreshTokenIdleMs, kid, jkt: proof?.jkt ?? null, now }
  const isClaimed = proof ? wasSpentBy(proof.spent) : always
  const writes = [
    ...(verified === null ? [] : [verified.claim]),
    ...(proof ? [spendToken(proof.spent, always)] : []),
    ...rotateRefreshToken(rotation, proof ? both(condition, isClaimed) : condition),
  ]
  const isAsserted = verified === null ? always : wasSpentBy(verified.spent)
  return ctx.db.commit(writes, findPresentedToken(clientId, hashes, now, both(isAsserted, isClaimed)))
}

/** The successor of `presented`, which is rotated now unless it was before. */
async function successorOfToken(ctx: Ctx, use: Use, token: LiveToken): Promise<string> {
  const now = ctx.now()
  const rotated = token.isCurrent === 1 ? await rotate(ctx, use, always) : token
  // Signed out, banned or deleted between the two round trips.
  if (rotated?.isLive !== 1 || rotated.isCurrent === 1) throw invalidGrant()
  if (!mayComeAgain(rotated, use.proof?.jkt ?? null, now)) return refuseReuse(ctx, token)
  const successor = successorOf(ctx, rotated.successorKid ?? '', use.presented)
  // The key has left the keyring since: the successor cannot be derived again, and nobody did anything wrong.
  if (successor === null) throw invalidGrant()
  return successor
}

/** The same token, whose session lives on. */
async function keepToken(ctx: Ctx, use: Use, jkt: string | null): Promise<string> {
  const kept = await rotate(ctx, use, always)
  // Ended, or bound to another key, between the two round trips.
  if (kept?.isLive !== 1 || kept.isCurrent !== 1 || kept.dpopJkt !== jkt) throw invalidGrant()
  return use.presented
}

type Rotated = Pick<PresentedTokenRow, 'isPrevious' | 'rotatedAt' | 'dpopJkt'>

/**
 * While its successor has not been used: whoever proves the key of the family, and within the grace time whoever holds a token that is
 * not bound. If it was not bound, a thief may have bound its successor: then its owner is who comes again without that key.
 * `isKept`: the successor is used without being rotated, so it never shows; then the grace time holds.
 */
function mayComeAgain(token: Rotated, jkt: string | null, now: number, isKept = false): boolean {
  const { isPrevious, rotatedAt, dpopJkt } = token
  const isInTime = (dpopJkt !== null && !isKept) || (rotatedAt !== null && now - rotatedAt <= REFRESH_GRACE_MS)
  return isPrevious === 1 && isInTime && holdsKey(token, jkt)
}

function holdsKey({ dpopJkt }: Pick<PresentedTokenRow, 'dpopJkt'>, jkt: string | null): boolean {
  return dpopJkt === null || dpopJkt === jkt
}

/** RFC 9700 §4.14.2: thief and owner cannot be told apart, so neither keeps the grant. */
async function refuseReuse(ctx: Ctx, { sessionId, userId, clientId }: LiveToken): Promise<never> {
  await endFamily(ctx, { type: 'refresh_token_reused', sessionId, userId, clientId })
  throw invalidGrant()
}

function invalidGrant(message = 'The refresh token is not valid'): AppError {
  return new AppError('invalid_grant', message)
}
