// The OAuth endpoints of the real Worker, over HTTP on the strict platform, with people, browser sessions and clients made by
// SQL, because other tests cover those.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { generateKeyPairSync } from 'node:crypto'
import type { Bindings } from '../../../src/config.ts'
import type { Ctx } from '../../../src/core/ctx.ts'
import { sealSecret } from '../../../src/core/oauth/client-keys.ts'
import { randomToken, sha256 } from '../../../src/crypto.ts'
import { newId, type SessionId, toHex, type UserId } from '../../../src/ids.ts'
import worker from '../../../src/index.ts'
import { rows } from '../../support/actors.ts'
import { ORIGIN, platform } from '../../support/kith.ts'
import { newCtx, newOAuthClient } from '../../support/tokens.ts'

export { newCtx, ORIGIN, platform, rows }

const DAY_MS = 86_400_000

export function newSigningKey(kid: string): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid }
}

const [ecKey, rsaKey] = JSON.parse(platform.env.SIGNING_KEYS ?? '').keys as [Record<string, unknown>, Record<string, unknown>]
/** Keys for tests: for ES256, and for RS256. */
export const signingKey = ecKey
export const rsaSigningKey = rsaKey

/** The bindings under test with other vars. */
export function newEnv(vars: Record<string, string>): Bindings {
  return { ...platform.env, ...vars }
}

/** The bindings as a deployment has them. */
export function productionEnv(): Bindings {
  const keys = Object.entries({ HMAC_KEYS: 'a', PEPPER_KEYS: 'b', ENCRYPTION_KEYS: 'c', PAIRWISE_KEY: 'd' })
  return newEnv({
    ENVIRONMENT: 'production',
    MAIL: 'email-service',
    SCRYPT_LN: '15',
    SIGNING_KEYS: platform.env.SIGNING_KEYS?.replaceAll('"test-', '"live-') ?? '',
    ...Object.fromEntries(keys.map(([name, kid]) => [name, JSON.stringify({ [kid]: 'A'.repeat(43) })])),
  })
}

export async function send(path: string, init: RequestInit = {}, bindings: Bindings = platform.env): Promise<Response> {
  const execution = createExecutionContext()
  platform.beginInvocation()
  const response = await worker.fetch(new Request(`${ORIGIN}${path}`, init) as never, bindings, execution)
  await waitOnExecutionContext(execution)
  return response
}

/** A `Ctx` in which `meanwhile` happens once, right after the first read of the database. */
export function ctxInterrupted(meanwhile: () => Promise<unknown>): Ctx {
  const ctx = newCtx()
  let pending: (() => Promise<unknown>) | null = meanwhile
  const interrupted =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await work(...args)
      const happening = pending
      pending = null
      await happening?.()
      return result
    }
  const { batch, commit, one } = ctx.db
  const db = { batch: interrupted(batch.bind(ctx.db)), commit: interrupted(commit.bind(ctx.db)), one: one.bind(ctx.db) } as Ctx['db']
  return { ...ctx, db, gateDb: db }
}

let people = 0

export async function newUser(role = 'user'): Promise<UserId> {
  const id = newId<UserId>()
  people += 1
  const name = `person_${people}`
  await rows('INSERT INTO users (id, username, username_key, role, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0)', id, name, name, role)
  return id
}

/** A signed-in browser: the session's id and its `Cookie` header. */
export async function newBrowser(userId: UserId): Promise<{ sessionId: SessionId; cookie: string }> {
  const sessionId = newId<SessionId>()
  const secret = randomToken()
  const now = Date.now()
  await rows(
    `INSERT INTO sessions (id, user_id, token_hash, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
     SELECT ?, id, ?, 'delegated:all admin:all', epoch, ?, ?, ?, ?, ?, 'pwd' FROM users WHERE id = ?`,
    sessionId,
    sha256(secret),
    now,
    now + 30 * DAY_MS,
    now + DAY_MS,
    now,
    now,
    userId,
  )
  return { sessionId, cookie: `__Host-kith_session=${toHex(sessionId)}.${toHex(userId)}.${secret}` }
}

export interface TestClient {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

interface ClientColumns {
  method?: string
  redirectUris?: string[]
  grantTypes?: string
  scopes?: string
  firstParty?: number
  requirePkce?: number
  requirePushedRequests?: number
  accessTokenSeconds?: number
  idTokenAlg?: 'ES256' | 'RS256'
  claimsInIdToken?: number
  nativeDevelopment?: number
  postLogoutRedirectUris?: string[]
  jwks?: { keys: object[] }
  jwksUri?: string
  /** Other columns, under their SQL names. */
  more?: Record<string, string | number | null>
}

export async function newClient(columns: ClientColumns = {}): Promise<TestClient> {
  const id = `client-${randomToken(6)}`
  const secret = randomToken()
  const redirectUris = columns.redirectUris ?? [`https://${id.toLowerCase().replaceAll('_', 'x')}.example/cb`]
  const method = columns.method ?? 'none'
  await newOAuthClient(columns.scopes, {
    id,
    name: 'Test',
    secret_hash: method === 'none' || method === 'private_key_jwt' ? null : sha256(secret),
    sealed_secret: method === 'client_secret_jwt' ? await sealSecret(newCtx().config.encryptionKeys, id, secret) : null,
    jwks: columns.jwks ? JSON.stringify(columns.jwks) : null,
    jwks_uri: columns.jwksUri ?? null,
    token_endpoint_auth_method: method,
    redirect_uris: JSON.stringify(redirectUris),
    grant_types: columns.grantTypes ?? 'authorization_code refresh_token',
    first_party: columns.firstParty ?? 1,
    require_pkce: columns.requirePkce ?? 1,
    require_pushed_requests: columns.requirePushedRequests ?? 0,
    access_token_seconds: columns.accessTokenSeconds ?? 600,
    post_logout_redirect_uris: JSON.stringify(columns.postLogoutRedirectUris ?? []),
    id_token_signed_response_alg: columns.idTokenAlg ?? 'ES256',
    claims_in_id_token: columns.claimsInIdToken ?? 0,
    native_development: columns.nativeDevelopment ?? 0,
    ...columns.more,
  })
  return { id, secret, redirectUri: redirectUris[0] ?? '' }
}

/** RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

export type Params = Record<string, string | undefined>

const encode = (params: Params) =>
  new URLSearchParams(Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString()

/** A valid authorization request; `changes` set, replace or (undefined) remove parameters. */
export function authorizePath(client: TestClient, changes: Params = {}): string {
  return `/oauth/authorize?${encode({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    state: 'xyz',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  })}`
}

export function authorize(client: TestClient, cookie: string | null, changes: Params = {}): Promise<Response> {
  return send(authorizePath(client, changes), cookie === null ? {} : { headers: { cookie } })
}

/** The parameters of a redirect to the client, and what came before them. */
export function redirected(response: Response): { base: string; params: Record<string, string> } {
  const location = response.headers.get('location') ?? ''
  const [base = '', query = ''] = location.split('?')
  return { base, params: Object.fromEntries(new URLSearchParams(query)) }
}

export async function newCode(client: TestClient, cookie: string, changes: Params = {}): Promise<string> {
  const { params } = redirected(await authorize(client, cookie, changes))
  if (!params.code) throw new Error(`no code: ${JSON.stringify(params)}`)
  return params.code
}

export function form(path: string, params: Params, headers: Record<string, string> = {}, bindings?: Bindings): Promise<Response> {
  const init = { method: 'POST', body: encode(params), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }
  return send(path, init, bindings)
}

export const token = (params: Params, headers: Record<string, string> = {}, bindings?: Bindings) =>
  form('/oauth/token', params, headers, bindings)

export function exchange(client: TestClient, code: string, changes: Params = {}, headers: Record<string, string> = {}): Promise<Response> {
  return token(
    { grant_type: 'authorization_code', client_id: client.id, redirect_uri: client.redirectUri, code, code_verifier: VERIFIER, ...changes },
    headers,
  )
}

export function refresh(
  client: TestClient,
  refreshToken: string,
  changes: Params = {},
  bindings: Bindings = platform.env,
): Promise<Response> {
  return token({ grant_type: 'refresh_token', client_id: client.id, refresh_token: refreshToken, ...changes }, {}, bindings)
}

export interface TokenReply {
  access_token: string
  token_type: string
  expires_in: number
  refresh_token: string
  id_token: string
  scope: string
}

/** The whole flow: a user with a browser, a client, and the tokens of one exchange. */
export async function newGrant(client?: TestClient, changes: Params = {}, someone?: UserId) {
  const userId = someone ?? (await newUser())
  const browser = await newBrowser(userId)
  const theClient = client ?? (await newClient())
  const code = await newCode(theClient, browser.cookie, changes)
  const tokens = (await (await exchange(theClient, code)).json()) as TokenReply
  return { userId, browser, client: theClient, code, tokens }
}

export async function errorOf(response: Response): Promise<[number, string]> {
  const body = (await response.json()) as { error: string; error_description: string }
  if (!/^[\x20\x21\x23-\x5B\x5D-\x7E]*$/.test(body.error_description)) throw new Error('RFC 6749 appendix A.8')
  return [response.status, body.error]
}

/** What ends a sign-in of the user, or a grant to a client, from outside of the endpoints: SQL with the user's id. */
export const endsOf = (session: 'browser' | 'grant') => [
  [
    'a revoked session',
    `UPDATE sessions SET revoked_at = 1 WHERE user_id = ? AND client_id IS ${session === 'grant' ? 'NOT NULL' : 'NULL'}`,
  ],
  ['a sign-out everywhere, a new password', 'UPDATE users SET epoch = epoch + 1 WHERE id = ?'],
  ['a ban', 'UPDATE users SET banned_at = 1 WHERE id = ?'],
  ['a deletion', 'UPDATE users SET deleted_at = 1 WHERE id = ?'],
]
