// Liquid's own client for services, `liquid-node-authenticator` 1.1.13, unmodified (wire §3.2), against the served Worker. It
// asks for the scopes on construction, for a token of its own, and about the tokens of others.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { signedInAdmin } from '../../support/admins.ts'
import { Client, ORIGIN, platform } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'
import { bearerOf, clientToken, userToken } from '../../support/tokens.ts'

interface TokenInfo {
  readonly scope: readonly string[]
  readonly user: { readonly _id: string; readonly username: string } | null
}

/** Missing in its declarations. */
interface Authenticator {
  scopeManager: { getScopes(): Record<string, unknown> }
  getAccessToken(): Promise<{ accessToken: string; accessTokenExpiry: Date }>
  authenticate(token: string): Promise<TokenInfo | null>
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
  const root = (await signedInAdmin('liquid_root', 'super_admin')).client
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
    // The gate lets it pass; but it is not a person's token.
    expect((await bearerOf(accessToken).get('/user/me')).status).toBe(403)
  },
)

describe('authenticate', () => {
  const authenticate = async (token: string) => (await newAuthenticator({ scope: 'client:oauth:introspect' })).authenticate(token)

  test('a live token of a person: the scopes as an array, which its checkTokenScope walks, and the person', async () => {
    const person = await signedInPerson('liquid_alive')
    const tokenInfo = await authenticate(await userToken(person, ['delegated:profile:all']))
    expect(tokenInfo).toMatchObject({ scope: ['delegated:profile:all'], user: { _id: person.id, username: 'liquid_alive' } })
    const judge = await newAuthenticator()
    const token = { scope: [...(tokenInfo?.scope ?? [])] }
    expect(judge.checkTokenScope('delegated:profile:read', token)).toBe(true)
    expect(judge.checkTokenScope('delegated:social:all', token)).toBe(false)
  })

  test("a client's own token has no user", async () => {
    expect(await authenticate(await clientToken(['client:profile:read']))).toMatchObject({ scope: ['client:profile:read'], user: null })
  })

  test('an unknown token, and one whose session has ended: null', async () => {
    expect(await authenticate('nonsense')).toBeNull()
    const person = await signedInPerson('liquid_ended')
    const token = await userToken(person)
    expect(await authenticate(token)).not.toBeNull()
    expect((await bearerOf(token).get('/user/logout')).status).toBe(200)
    expect(await authenticate(token)).toBeNull()
  })

  test('a service without client:oauth:introspect is forbidden', async () => {
    const made = await newAuthenticator({ scope: 'client:profile:read' })
    const token = await userToken(await signedInPerson('liquid_unseen'))
    await expect(made.authenticate(token)).rejects.toMatchObject({ name: 'ForbiddenError', code: 403 })
  })
})

test('with a wrong secret it is unauthorized', async () => {
  const authenticator = await newAuthenticator({ clientSecret: 'kith_cs_wrong' })
  await expect(authenticator.getAccessToken()).rejects.toMatchObject({ name: 'UnauthorizedError', code: 401 })
})

describe('what old programs of Liquid call beyond that', () => {
  test('administrators search, look people up, and read lists under its names', async () => {
    const admin = await signedInAdmin('liquid_admin', 'super_admin')
    const { id } = await signedInPerson('liquid_looked_up')
    const found = await admin.client.post('/user/admin-api/search', { query: 'liquid_looked' })
    expect(found.json.data.results.map(({ _id }: { _id: string }) => _id)).toEqual([id])
    const seen = await admin.client.post('/user/admin-api/retrieve-user-info', { targets: [id] })
    expect(seen.json.data.users).toEqual(seen.json.data.records)
    expect(seen.json.data.users).toMatchObject([{ _id: id }])
    const list = await admin.client.get('/user/admin-api/list?limit=2')
    expect(list.json.data.users).toEqual(list.json.data.records)
    const { editableFields } = (await admin.client.get('/user/admin-api/editable-fields')).json.data
    expect(editableFields).toEqual(expect.arrayContaining(['username', 'email', 'role', 'birthdate', 'country']))
  })

  test('roles are named by target', async () => {
    const { client } = await signedInAdmin('liquid_roles', 'super_admin')
    const role = { id: 'liquid_role', displayName: 'Liquid', ranking: 500, description: 'Of an old program.' }
    expect((await client.post('/roles/admin-api/create', role)).status).toBe(201)
    const changed = await client.patch('/roles/admin-api/update', { target: 'liquid_role', displayName: 'Changed' })
    expect(changed.json.data.role).toMatchObject({ id: 'liquid_role', displayName: 'Changed' })
    expect((await client.delete('/roles/admin-api/delete', { body: { target: 'liquid_role' } })).status).toBe(200)
    const unnamed = await client.patch('/roles/admin-api/update', { displayName: 'Nobody' })
    expect([unnamed.status, unnamed.json.additionalInfo.errors]).toMatchObject([400, [{ path: 'id', msg: 'is required' }]])
  })

  test('clients are registered, changed and deleted in its words', async () => {
    const { client } = await signedInAdmin('liquid_clients', 'super_admin')
    const body = {
      ...{ id: 'liquid-words', displayName: 'In its words', grants: ['authorization_code'], role: 'external_client' },
      ...{ redirectUris: ['https://old.example.com/cb'], scope: ['delegated:profile:read', 'delegated:roles:read'] },
    }
    const made = await client.post('/client/admin-api/create', body)
    expect(made.json.data.client, made.text).toMatchObject({
      ...{ client_id: 'liquid-words', client_name: 'In its words', grant_types: ['authorization_code'], first_party: false },
      ...{ redirect_uris: body.redirectUris, scope: 'delegated:profile:read delegated:roles:read' },
    })
    const secret = await client.post('/client/admin-api/create', { ...body, id: 'liquid-secret', secret: 'of its own making' })
    expect([secret.status, secret.json.additionalInfo.errors]).toMatchObject([400, [{ path: 'secret' }]])
    const changed = await client.patch('/client/admin-api/update', { target: 'liquid-words', displayName: 'Changed' })
    expect(changed.json.data.client.client_name).toBe('Changed')
    const { clients, records } = (await client.get('/client/admin-api/list')).json.data
    expect(clients).toEqual(records)
    expect((await client.delete('/client/admin-api/delete', { body: { target: 'liquid-words' } })).status).toBe(200)
  })

  test('anybody reads version, settings and countries', async () => {
    const nobody = new Client()
    expect((await nobody.get('/system/version')).json.data.version).toBe('1.0')
    const { settings } = (await nobody.get('/system/settings-insecure', { env: { INVITE_ONLY: 'on' } })).json.data
    expect(settings['user.account-creation.enable-invite-only']).toBe(true)
    const { countries } = (await nobody.get('/system/countries-insecure')).json.data
    expect(countries).toContainEqual({ code: 'FR', name: 'France' })
  })

  test.each(['access', 'credits', 'subscription-tiers'])('%s means nothing here, and says where to go', async (name) => {
    const reply = await new Client().post(`/user/admin-api/${name}`, {})
    expect([reply.status, reply.json]).toMatchObject([
      404,
      {
        error: 'NotFound',
        additionalInfo: { reason: 'not_supported', message: expect.stringMatching(/(PATCH|POST|PUT) \/\w+\/admin-api\//) },
      },
    ])
  })
})
