/** The requests of one sign-in to one provider, and what `oauth4webapi` makes of the answers. */
import { decodeJwt } from 'jose'
import type { AuthorizationServer, Client, ClientAuth, TokenEndpointResponse } from 'oauth4webapi'
import type { UpstreamProvider } from '../../config.ts'
import type { Ctx } from '../ctx.ts'
import { Unacceptable } from '../outside.ts'
import { getDocument } from './documents.ts'
import { gitHubClaims } from './person.ts'
import { admitsTenant, appleClientSecret, type Claims, GITHUB_ISSUER, isOpenIdConnect, issuersOf, presetOf, TENANT } from './presets.ts'
import { redirectUriOf } from './providers.ts'
import { boundedFetch, type Fetch, isSafeUrl } from './requests.ts'

type Library = typeof import('oauth4webapi')
type Server = AuthorizationServer & { readonly authorization_endpoint: string; readonly token_endpoint: string }

interface Tokens {
  /** As the ID token names its issuer. */
  readonly issuer: string
  readonly accessToken: string
  /** Of the ID token, whose signature has been verified. */
  readonly claims: (Claims & { readonly sub: string }) | null
}

/** Of a key set that Microsoft publishes for several tenants. */
type Key = Readonly<Record<string, unknown>>

export class Exchange {
  readonly #ctx: Ctx
  readonly #provider: UpstreamProvider
  readonly #oauth: Library
  readonly #fetch: Fetch
  readonly #client: Client
  readonly server: Server

  private constructor(ctx: Ctx, provider: UpstreamProvider, oauth: Library, fetch: Fetch, server: Server) {
    this.#ctx = ctx
    this.#provider = provider
    this.#oauth = oauth
    this.#fetch = fetch
    this.#client = { client_id: provider.clientId }
    this.server = server
  }

  /** Finds the provider's endpoints. */
  static async with(ctx: Ctx, provider: UpstreamProvider): Promise<Exchange> {
    const oauth = await import('oauth4webapi')
    const fetch = boundedFetch(ctx.config)
    return new Exchange(ctx, provider, oauth, fetch, await findServer(ctx, provider, oauth, fetch))
  }

  /** The answer at the redirect URI. `iss` is checked before anything else is believed (RFC 9207). */
  checkCallback(params: URLSearchParams, state: string): URLSearchParams {
    return this.#oauth.validateAuthResponse(this.server, this.#client, params, state)
  }

  /** Exchanges the code, and verifies the ID token. */
  async redeem(callback: URLSearchParams, { nonce, codeVerifier }: { nonce: string; codeVerifier: string }): Promise<Tokens> {
    const { authorizationCodeGrantRequest, processAuthorizationCodeResponse, getValidatedIdTokenClaims } = this.#oauth
    const redirectUri = redirectUriOf(this.#ctx.config, this.#provider)
    const response = await authorizationCodeGrantRequest(
      this.server,
      this.#client,
      await this.#authentication(),
      callback,
      redirectUri,
      codeVerifier,
      this.#options(),
    )
    // RFC 6749 §5.2: the error is in the body, but the library stops at a challenge.
    if (await hasError(response)) response.headers.delete('www-authenticate')
    if (!isOpenIdConnect(this.#provider)) {
      const { access_token } = await processAuthorizationCodeResponse(this.server, this.#client, response)
      return { issuer: GITHUB_ISSUER, accessToken: access_token, claims: null }
    }
    const server = await this.#serverOf(response)
    const expected = { expectedNonce: nonce, requireIdToken: true }
    const tokens: TokenEndpointResponse = await processAuthorizationCodeResponse(server, this.#client, response, expected)
    await this.#verifySignature(server, response)
    const claims = getValidatedIdTokenClaims(tokens)
    if (!claims) throw new Unacceptable('no ID token')
    return { issuer: claims.iss, accessToken: tokens.access_token, claims }
  }

  /** Who the tokens are about: what the ID token lacks is fetched. */
  async identify({ issuer, accessToken, claims }: Tokens): Promise<{ issuer: string; claims: Claims }> {
    if (claims === null) {
      const [user, emails] = await Promise.all(['user', 'user/emails'].map((path) => this.#askGitHub(path, accessToken)))
      return { issuer, claims: gitHubClaims(user, emails) }
    }
    const isComplete = claims.email !== undefined && (claims.name !== undefined || claims.given_name !== undefined)
    if (isComplete || this.server.userinfo_endpoint === undefined) return { issuer, claims }
    const { userInfoRequest, processUserInfoResponse } = this.#oauth
    const response = await userInfoRequest(this.server, this.#client, accessToken, this.#options())
    // Only clients that have registered for a JWT get one.
    if (response.headers.get('content-type')?.startsWith('application/jwt')) throw new Unacceptable('userinfo as a JWT')
    const found = await processUserInfoResponse(this.server, this.#client, claims.sub, response)
    // An address and whether it is verified belong together.
    const { email, email_verified, hd, xms_edov } = (claims.email === undefined ? found : claims) as Claims
    return { issuer, claims: { ...found, ...claims, email, email_verified, hd, xms_edov } }
  }

  async #askGitHub(path: string, accessToken: string): Promise<unknown> {
    const headers = new Headers({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' })
    const url = new URL(path, 'https://api.github.com/')
    const response = await this.#oauth.protectedResourceRequest(accessToken, 'GET', url, headers, null, this.#options())
    if (response.status !== 200) throw new Unacceptable(`status ${response.status}`)
    return response.json().catch(() => null)
  }

  async #authentication(): Promise<ClientAuth> {
    const { ClientSecretBasic, ClientSecretPost, None } = this.#oauth
    const provider = this.#provider
    if (provider.secret === null) return None()
    if (provider.preset === 'apple') return ClientSecretPost(await appleClientSecret(provider, this.#ctx.now()))
    const configured = provider.preset === 'oidc' ? provider.tokenEndpointAuthMethod : undefined
    const supported = this.server.token_endpoint_auth_methods_supported
    // Where both are possible: servers disagree about how to encode the other (RFC 6749 §2.3.1).
    const isPost = configured ? configured === 'client_secret_post' : supported?.includes('client_secret_post')
    return isPost ? ClientSecretPost(provider.secret) : ClientSecretBasic(provider.secret)
  }

  /** `isSafeUrl` decides about http, not the library. */
  #options() {
    const { allowInsecureRequests, customFetch } = this.#oauth
    return { [customFetch]: this.#fetch as never, [allowInsecureRequests]: true }
  }

  /** Microsoft's tenants share their metadata; the issuer of a token is that of its tenant (`tid`), and compared as such. */
  async #serverOf(response: Response): Promise<Server> {
    if (!this.server.issuer.includes(TENANT)) return this.server
    const { id_token } = await response.clone().json<{ id_token?: string }>()
    const { tid } = decodeJwt(id_token ?? '')
    if (!admitsTenant(this.#provider, tid)) throw new Unacceptable('a tenant that is not admitted')
    return { ...this.server, issuer: this.server.issuer.replace(TENANT, tid) }
  }

  /** By the provider's keys; an unknown one may be new. */
  async #verifySignature(server: Server, response: Response): Promise<void> {
    const { jwksCache, KEY_SELECTION, validateApplicationLevelSignature } = this.#oauth
    const jwksUri = server.jwks_uri ?? ''
    for (const isOutdated of [false, true]) {
      const keys = await getDocument(this.#ctx, jwksUri, { kind: 'keys', fetch: this.#fetch, isOutdated, judge: toKeys })
      const jwks = { keys: keys.filter((key) => isKeyOf(server, key)) }
      const cache = { [jwksCache]: { jwks, uat: Math.floor(this.#ctx.now() / 1000) } }
      try {
        // A copy: the library has a cache of its own, by object.
        return await validateApplicationLevelSignature({ ...server }, response, { ...this.#options(), ...cache })
      } catch (error) {
        if (isOutdated || (error as { code?: unknown }).code !== KEY_SELECTION) throw error
      }
    }
  }
}

async function findServer(ctx: Ctx, provider: UpstreamProvider, oauth: Library, fetch: Fetch): Promise<Server> {
  const { metadata } = presetOf(provider)
  if (metadata) return metadata as Server
  const { discoveredAt, issuer } = issuersOf(provider)
  const url = `${discoveredAt.replace(/\/$/, '')}/.well-known/openid-configuration`
  return getDocument(ctx, url, {
    kind: 'metadata',
    fetch,
    judge: async (body) => {
      const server = await oauth.processDiscoveryResponse(new URL(issuer), Response.json(body))
      const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = server
      const endpoints = [authorization_endpoint, token_endpoint, jwks_uri, ...(userinfo_endpoint === undefined ? [] : [userinfo_endpoint])]
      if (!endpoints.every((endpoint) => isSafeUrl(ctx.config, endpoint))) throw new Unacceptable('metadata without https endpoints')
      return server as Server
    },
  })
}

async function hasError(response: Response): Promise<boolean> {
  const body = await response
    .clone()
    .json<{ error?: unknown } | null>()
    .catch(() => null)
  return typeof body?.error === 'string'
}

function toKeys(body: Claims): readonly Key[] {
  const { keys } = body
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'object' || key === null)) throw new Unacceptable('not a key set')
  return keys
}

/** Microsoft says of each key whose tokens it signs. */
function isKeyOf({ issuer }: Server, key: Key): boolean {
  if (!issuer.startsWith('https://login.microsoftonline.com/') || typeof key.issuer !== 'string') return true
  return key.issuer === issuer || key.issuer === issuer.replace(/[^/]+(?=\/v2\.0$)/, TENANT)
}
