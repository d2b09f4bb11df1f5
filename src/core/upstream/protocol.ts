/**
 * A sign-in at another provider: OAuth 2.1's authorization code with PKCE, and OpenID Connect's ID token (RFC 9700).
 * `oauth4webapi` does the protocol and is loaded when it is needed. Nothing here knows accounts.
 */
import type { UpstreamProvider } from '../../config.ts'
import { sha256 } from '../../crypto.ts'
import type { SpentToken } from '../../store/db/spent-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { Exchange } from './exchange.ts'
import { toUpstreamError, type UpstreamStep } from './failures.ts'
import { appleNameClaims, toPerson, type UpstreamPerson } from './person.ts'
import { isOpenIdConnect, presetOf, scopeOf } from './presets.ts'
import { findProvider, redirectUriOf } from './providers.ts'
import { openState, sealState, type UpstreamIntent } from './state.ts'

export type { UpstreamPerson } from './person.ts'
export type { UpstreamIntent } from './state.ts'

/** Where the browser goes, and the cookie that it must bring back. No D1. */
export async function beginUpstream(ctx: Ctx, providerId: string, intent: UpstreamIntent): Promise<{ url: string; cookie: string }> {
  const provider = findProvider(ctx.config, providerId)
  const { cookie, state, nonce, codeVerifier } = await sealState(ctx, provider, intent)
  const server = await during(ctx, provider, 'discovery', async () => (await Exchange.with(ctx, provider)).server)
  const url = new URL(server.authorization_endpoint)
  const parameters = {
    ...presetOf(provider).parameters,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUriOf(ctx.config, provider),
    scope: scopeOf(provider),
    state,
    ...(isOpenIdConnect(provider) ? { nonce } : {}),
    // RFC 7636 §4.2
    code_challenge: sha256(codeVerifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, cookie }
}

export interface UpstreamAnswer {
  readonly intent: UpstreamIntent
  readonly person: UpstreamPerson
  /** The claim of this answer: whoever acts on it spends it in the same batch. */
  readonly spent: SpentToken
}

/**
 * Judges the provider's answer and asks it who the person is. `params` are those of the redirect URI, `cookie` is what
 * `beginUpstream` gave this browser. Throws errors with a `reason` that begins with `upstream_`; pages show their messages.
 */
export async function finishUpstream(
  ctx: Ctx,
  providerId: string,
  answer: { params: URLSearchParams; cookie: string | undefined },
): Promise<UpstreamAnswer> {
  const provider = findProvider(ctx.config, providerId)
  const { intent, spent, ...secrets } = await openState(ctx, provider, answer)
  const exchange = await during(ctx, provider, 'discovery', () => Exchange.with(ctx, provider))
  const checked = await during(ctx, provider, 'callback', async () => exchange.checkCallback(answer.params, secrets.state))
  const tokens = await during(ctx, provider, 'token', () => exchange.redeem(checked, secrets))
  const { issuer, claims } = await during(ctx, provider, 'userinfo', async () => {
    const known = await exchange.identify(tokens)
    const named = provider.preset === 'apple' ? appleNameClaims(answer.params.get('user')) : {}
    return { issuer: known.issuer, claims: { ...named, ...known.claims } }
  })
  const person = await during(ctx, provider, 'userinfo', async () =>
    toPerson(provider, issuer, claims, ctx.config.signUp.usernameLengthMin),
  )
  return { intent, person, spent }
}

async function during<Result>(ctx: Ctx, provider: UpstreamProvider, step: UpstreamStep, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toUpstreamError(ctx, provider, step, error)
  }
}
