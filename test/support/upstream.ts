/**
 * Another provider, as the Worker reaches it: what leaves through `fetch` is answered here. It does everything right
 * unless a test replaces an endpoint or the ID token. `visit` plays the person's browser at the provider.
 */
import { createHash } from 'node:crypto'
import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { vi } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { platform } from './kith.ts'

export type Endpoint = 'discovery' | 'keys' | 'token' | 'userinfo' | 'user' | 'emails'
type Answer = () => Promise<Response>
/** Replaces an endpoint; `right` is what it would have answered. */
type Replacement = (right: Answer, init: RequestInit) => Response | Promise<Response>
export type Preset = 'oidc' | 'google' | 'microsoft' | 'apple' | 'github'

interface Grant {
  readonly claims: JWTPayload
  readonly nonce: string | null
  readonly challenge: string
  readonly redirectUri: string
  used: boolean
}

interface Signing {
  readonly key: CryptoKey
  readonly alg: string
  readonly kid: string
}

const json = (body: unknown, status = 200) => Response.json(body, { status })

/** One pair for all stand-ins of an isolate: the Worker remembers the keys of providers with fixed addresses. */
let pair: ReturnType<typeof generateKeyPair> | undefined
/** Apple signs with RSA. */
const rsa = () => JSON.parse(platform.env.SIGNING_KEYS ?? '').keys[1] as Record<string, string>

const active: StandIn[] = []
let made = 0

const ADDRESSES: Readonly<Record<Exclude<Preset, 'oidc'>, string>> = {
  google: 'https://accounts.google.com',
  microsoft: 'https://login.microsoftonline.com/common/v2.0',
  apple: 'https://appleid.apple.com',
  github: 'https://github.com/login/oauth',
}

export class StandIn {
  readonly id: string
  readonly preset: Preset
  /** Where its documents are. */
  readonly base: string
  readonly clientId = 'client-of-kith.example'
  readonly secret: string
  readonly settings: Record<string, unknown>
  /** How often each endpoint was asked. */
  readonly asked: Record<Endpoint, number> = { discovery: 0, keys: 0, token: 0, userinfo: 0, user: 0, emails: 0 }
  /** The bodies of token requests. */
  readonly tokenRequests: { form: URLSearchParams; authorization: string | null }[] = []
  readonly replaced: Partial<Record<Endpoint, Replacement>> = {}
  /** Of userinfo, beside `sub`. */
  userinfo: Record<string, unknown> = {}
  /** Changes the claims of the ID token. */
  claims: (right: JWTPayload) => JWTPayload = (right) => right
  /** Signs the ID token in another way. */
  sign: ((claims: JWTPayload, right: Signing) => Promise<string>) | null = null
  /** Changes the discovery document. */
  metadata: (right: Record<string, unknown>) => Record<string, unknown> = (right) => right
  readonly #codes = new Map<string, Grant>()

  constructor(settings: Record<string, unknown> = {}, secret = 'secret-of-the-client') {
    made += 1
    this.preset = (settings.preset as Preset | undefined) ?? 'oidc'
    this.id = (settings.id as string | undefined) ?? (this.preset === 'oidc' ? `provider${made}` : this.preset)
    this.base = this.preset === 'oidc' ? `https://id${made}.provider.example` : ADDRESSES[this.preset]
    this.secret = secret
    this.settings = {
      id: this.id,
      clientId: this.clientId,
      ...(this.preset === 'oidc' ? { name: 'Example', issuer: this.base } : {}),
      ...settings,
    }
    active.push(this)
    vi.stubGlobal('fetch', answer)
  }

  /** The Worker's settings with this provider alone. */
  get env(): Partial<Bindings> {
    return environmentOf(this)
  }

  /**
   * The person arrives from `url`, signs in, and allows it. `about` are the claims about them; returns what the
   * provider sends to the redirect URI.
   */
  visit(url: string, about: JWTPayload = { sub: 'ada' }): URLSearchParams {
    const { searchParams } = new URL(url)
    const of = (name: string) => searchParams.get(name) ?? ''
    const code = `code-${crypto.randomUUID()}`
    this.#codes.set(code, {
      claims: about,
      nonce: searchParams.get('nonce'),
      challenge: of('code_challenge_method') === 'S256' ? of('code_challenge') : '',
      redirectUri: of('redirect_uri'),
      used: false,
    })
    return new URLSearchParams({ code, state: of('state'), ...(this.preset === 'oidc' ? { iss: this.base } : {}) })
  }

  /** The answer to a request for `url`; null if it is not this provider's. */
  respond(url: URL, init: RequestInit): Promise<Response> | Response | null {
    const endpoint = this.#endpointOf(url)
    if (endpoint === null) return null
    this.asked[endpoint] += 1
    const right = () => this.#answer(endpoint, init)
    return this.replaced[endpoint]?.(right, init) ?? right()
  }

  #endpointOf({ href }: URL): Endpoint | null {
    if (this.preset === 'github' && href.startsWith('https://api.github.com/')) return href.endsWith('/user') ? 'user' : 'emails'
    if (href === `${this.base}/.well-known/openid-configuration`) return 'discovery'
    const path = href.startsWith(this.base) ? href.slice(this.base.length) : ''
    const paths: Record<string, Endpoint> = { '/token': 'token', '/auth/token': 'token', '/access_token': 'token', '/userinfo': 'userinfo' }
    return path === '/keys' || path === '/auth/keys' ? 'keys' : (paths[path] ?? null)
  }

  async #answer(endpoint: Endpoint, init: RequestInit): Promise<Response> {
    if (endpoint === 'discovery') return json(this.metadata(this.document()))
    if (endpoint === 'keys') return json({ keys: [await this.publicKey()] })
    if (endpoint === 'token') return this.#redeem(new URLSearchParams(String(init.body)), new Headers(init.headers).get('authorization'))
    const [, token = ''] = /^Bearer (.+)$/.exec(new Headers(init.headers).get('authorization') ?? '') ?? []
    const { claims } = this.#codes.get(token.replace(/^token-/, '')) ?? {}
    if (!claims) return json({ error: 'invalid_token' }, 401)
    if (endpoint === 'userinfo') return json({ sub: claims.sub, ...this.userinfo })
    return json(endpoint === 'user' ? claims.user : claims.emails)
  }

  document(): Record<string, unknown> {
    return {
      issuer: this.preset === 'microsoft' ? 'https://login.microsoftonline.com/{tenantid}/v2.0' : this.base,
      authorization_endpoint: `${this.base}/authorize`,
      token_endpoint: `${this.base}/token`,
      jwks_uri: `${this.base}/keys`,
      userinfo_endpoint: `${this.base}/userinfo`,
      id_token_signing_alg_values_supported: ['ES256'],
      ...(this.preset === 'oidc' ? { authorization_response_iss_parameter_supported: true } : {}),
    }
  }

  async #redeem(form: URLSearchParams, authorization: string | null): Promise<Response> {
    this.tokenRequests.push({ form, authorization })
    const code = form.get('code') ?? ''
    const grant = this.#codes.get(code)
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isRight = grant && !grant.used && grant.redirectUri === form.get('redirect_uri') && grant.challenge === verifier
    // GitHub reports errors with the status 200.
    if (!isRight) return this.preset === 'github' ? json({ error: 'bad_verification_code' }) : json({ error: 'invalid_grant' }, 400)
    grant.used = true
    const token = { access_token: `token-${code}`, token_type: this.preset === 'github' ? 'bearer' : 'Bearer' }
    return json(this.preset === 'github' ? token : { ...token, expires_in: 3600, id_token: await this.#idToken(grant) })
  }

  async #idToken({ claims, nonce }: Grant): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const right = { iss: this.base, aud: this.clientId, iat: now, exp: now + 600, ...(nonce === null ? {} : { nonce }), ...claims }
    const signing = await this.signing()
    return this.sign ? this.sign(this.claims(right), signing) : signed(this.claims(right), signing)
  }

  async signing(): Promise<Signing> {
    if (this.preset === 'apple') return { key: (await importJWK(rsa(), 'RS256')) as CryptoKey, alg: 'RS256', kid: 'right' }
    pair ??= generateKeyPair('ES256', { extractable: true })
    return { key: (await pair).privateKey as CryptoKey, alg: 'ES256', kid: 'right' }
  }

  async publicKey(): Promise<Record<string, unknown>> {
    const { kty, n, e } = rsa()
    if (this.preset === 'apple') return { kty, n, e, kid: 'right', use: 'sig' }
    pair ??= generateKeyPair('ES256', { extractable: true })
    return { ...(await exportJWK((await pair).publicKey)), kid: 'right', use: 'sig' }
  }
}

export function signed(claims: JWTPayload, { key, alg, kid }: Signing): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key)
}

export function environmentOf(...providers: readonly StandIn[]): Partial<Bindings> {
  return {
    UPSTREAM_PROVIDERS: JSON.stringify(providers.map(({ settings }) => settings)),
    ...Object.fromEntries(providers.map(({ id, secret }) => [`UPSTREAM_SECRET_${id.toUpperCase()}`, secret])),
  }
}

/** The newest stand-in at an address answers. A request that none of them knows fails, as without a network. */
async function answer(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const asked = new URL(url instanceof Request ? url.url : url)
  init.signal?.throwIfAborted()
  for (const provider of active.toReversed()) {
    const response = provider.respond(asked, init)
    if (response) return response
  }
  throw new TypeError(`no provider at ${asked.origin}`)
}
