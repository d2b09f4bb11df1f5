/**
 * What a browser carries while its user is at another provider: an encrypted cookie. `state`, `nonce` and
 * `code_verifier` are derived from its one secret, so that the cookie stays small; each is a digest, which reveals
 * neither the secret nor the others.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { UpstreamProvider } from '../../config.ts'
import { decrypt, encrypt, equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { SessionId, UserId } from '../../ids.ts'
import type { SpentToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { beginAgain } from './failures.ts'
import { UPSTREAM_COOKIE_LENGTH_MAX, UPSTREAM_STATE_MS } from './limits.ts'

export interface UpstreamIntent {
  readonly kind: 'sign_in' | 'link'
  readonly returnTo: string | null
  /** Who is linking. The caller compares both with the session that comes back. */
  readonly userId?: UserId
  readonly sessionId?: SessionId
}

export interface UpstreamState {
  readonly intent: UpstreamIntent
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** The content of the cookie. */
interface Sealed {
  readonly provider: string
  readonly secret: string
  readonly intent: UpstreamIntent
  readonly at: number
}

const PURPOSE = 'upstream-state'

const derive = (secret: string, intent: UpstreamIntent): UpstreamState => ({
  intent,
  state: sha256(`state ${secret}`),
  nonce: sha256(`nonce ${secret}`),
  codeVerifier: sha256(`code_verifier ${secret}`),
})

/** Throws `invalid_request` if the page to return to is too long for a cookie. */
export async function sealState(ctx: Ctx, { id, name }: UpstreamProvider, intent: UpstreamIntent) {
  const sealed: Sealed = { provider: id, secret: randomToken(), intent, at: ctx.now() }
  const cookie = await encrypt(ctx.config.encryptionKeys, PURPOSE, deflateRawSync(JSON.stringify(sealed)))
  if (cookie.length > UPSTREAM_COOKIE_LENGTH_MAX) {
    throw new AppError('invalid_request', `The app's request is too long for a sign-in with ${name}. Sign in another way.`, {
      reason: 'upstream_request_too_long',
      named: { provider: name },
    })
  }
  return { cookie, ...derive(sealed.secret, intent) }
}

/** Throws `upstream_begin_again` unless this browser has begun this sign-in, with this provider, a short time ago. */
export async function openState(
  ctx: Ctx,
  { id }: UpstreamProvider,
  { params, cookie }: { params: URLSearchParams; cookie: string | undefined },
): Promise<UpstreamState & { readonly spent: SpentToken }> {
  const plain = cookie === undefined ? null : await decrypt(ctx.config.encryptionKeys, PURPOSE, cookie)
  if (plain === null) throw beginAgain()
  const { provider, secret, intent, at } = JSON.parse(inflateRawSync(plain).toString()) as Sealed
  const opened = derive(secret, intent)
  const [state = '', ...more] = params.getAll('state')
  const expiresAt = at + UPSTREAM_STATE_MS
  if (provider !== id || ctx.now() > expiresAt || more.length > 0 || !equalInConstantTime(state, opened.state)) throw beginAgain()
  return { ...opened, spent: { digest: sha256(state), claimedBy: ctx.newId(), expiresAt } }
}
