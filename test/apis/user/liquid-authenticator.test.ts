// Liquid's own client for services, `liquid-node-authenticator` 1.1.13, unmodified (wire §3.2): its code runs here against
// the served Worker. It asks for the scopes when it is made, for a token of its own, and about the tokens of others.
import { beforeAll, expect, test, vi } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { Client, ORIGIN, platform } from '../../support/kith.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'

/** What its declarations leave out. */
interface Authenticator {
  scopeManager: { getScopes(): Record<string, unknown> }
  getAccessToken(): Promise<{ accessToken: string; accessTokenExpiry: Date }>
  checkTokenScope(scope: string, token: { scope: string[] }): boolean
}

let credentials: { clientId: string; clientSecret: string }
const asked: string[] = []

/** Its `fetch`, served by the Worker. */
async function served(input: string, init: RequestInit = {}): Promise<Response> {
  const path = input.slice(ORIGIN.length)
  asked.push(`${init.method ?? 'GET'} ${path}`)
  const body = init.body instanceof URLSearchParams ? init.body : (init.body as string | undefined)
  const headers = Object.fromEntries(new Headers(init.headers))
  const reply = await new Client().fetch(path, { method: init.method ?? 'GET', headers, ...(body === undefined ? {} : { body }) })
  return new Response(reply.text, { status: reply.status, headers: { 'content-type': 'application/json' } })
}

beforeAll(async () => {
  platform.reset()
  vi.stubGlobal('fetch', served)
  const root = bearerOf(await userToken(await signedInAdmin('liquid_root', 'super_admin'), ['*']))
  const service = { client_id: 'liquid-service', client_name: 'Service', grant_types: ['client_credentials'] }
  const fields = { ...service, scope: 'client:all', token_endpoint_auth_method: 'client_secret_post' }
  const { json } = await root.post('/client/admin-api/create', fields)
  credentials = { clientId: 'liquid-service', clientSecret: json.data.client.client_secret }
  return () => vi.unstubAllGlobals()
})

async function newAuthenticator(options: object = {}): Promise<Authenticator> {
  const { default: LiquidNodeAuthenticator } = await import('liquid-node-authenticator')
  const made = new LiquidNodeAuthenticator({
    host: ORIGIN,
    scope: '*',
    debugging: false,
    ...credentials,
    ...options,
  } as never) as unknown as Authenticator
  await vi.waitFor(() => expect(Object.keys(made.scopeManager.getScopes()).length).toBeGreaterThan(40))
  return made
}

test('reads the scopes, and judges by them as Kith does', async () => {
  const authenticator = await newAuthenticator()
  expect(asked).toContain('GET /user/scopes')
  expect(authenticator.checkTokenScope('delegated:profile:read', { scope: ['delegated:all'] })).toBe(true)
  expect(authenticator.checkTokenScope('delegated:profile:read', { scope: ['*'] })).toBe(true)
  expect(authenticator.checkTokenScope('admin:profile:read', { scope: ['delegated:all'] })).toBe(false)
  expect(authenticator.checkTokenScope('no:such:scope', { scope: ['*'] })).toBe(false)
})

test.each(['*', 'client:oauth:introspect', ['client:oauth:introspect', 'client:profile:read']])(
  'gets a token of its own for %j',
  async (scope) => {
    const { accessToken, accessTokenExpiry } = await (await newAuthenticator({ scope })).getAccessToken()
    expect(accessToken.split('.')).toHaveLength(3)
    expect(accessTokenExpiry.getTime()).toBeGreaterThan(Date.now() + 500_000)
    // The gate lets it pass; what is a person's is not for it.
    expect((await bearerOf(accessToken).get('/user/me')).status).toBe(403)
  },
)

test('with a wrong secret it is unauthorized', async () => {
  const authenticator = await newAuthenticator({ clientSecret: 'kith_cs_wrong' })
  await expect(authenticator.getAccessToken()).rejects.toMatchObject({ name: 'UnauthorizedError', code: 401 })
})
