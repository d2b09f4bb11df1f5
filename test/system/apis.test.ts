// An API of one's own, as docs/apis.md has it: registered by its commands, and served by the examples, in Node and as a Worker, which
// ask a running Kith. What they accept and refuse, and how a client learns from them where to get a token.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importJWK, type JWTPayload, SignJWT } from 'jose'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import type { Server } from './project.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const RESOURCE = 'https://orders.example.com/'
const METADATA = `${RESOURCE}.well-known/oauth-protected-resource`

const EXAMPLES = ['node', 'worker']
const PROOFS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

const kith = new Demo()
const { project } = kith
let pasted: string
const servers: Record<string, Server> = {}

const secretOf = (client: string) => new RegExp(`client_id +${client}\n +client_secret +(\\S+)`).exec(pasted)?.[1] ?? ''
const operator = (...args: string[]) => project.run(process.execPath, ['scripts/operator.ts', ...args])

beforeAll(async () => {
  pasted = await kith.paste('docs/apis.md')
  // Nobody is asked for consent here.
  expect((await operator('client', 'update', 'shop', '--first-party')).code).toBe(0)
  expect((await operator('client', 'update', 'orders-api', '--scope', 'client:profile:read')).code).toBe(0)
  const env = { KITH: kith.origin, RESOURCE, CLIENT_ID: 'orders-api', CLIENT_SECRET: secretOf('orders-api') }
  const port = await freePort()
  servers.node = await project.listen(['server.ts'], port, { ...env, PORT: String(port) }, 'examples/api-node')
  servers.worker = await project.serve(env, { below: 'examples/api-worker' })
})

/** A token for itself. */
async function ownToken(client_id: string, form: Record<string, string> = { resource: RESOURCE }): Promise<string> {
  const authorization = `Basic ${btoa(`${client_id}:${secretOf(client_id)}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  const reply = await fetch(`${kith.origin}/oauth/token`, { method: 'POST', headers: { authorization }, body })
  const { access_token } = (await reply.json()) as { access_token: string }
  return access_token
}

/** A token as Kith would sign it: its own keys, other claims. */
async function signed(claims: JWTPayload, header: { typ?: string } = {}): Promise<string> {
  const keys = JSON.parse(/^SIGNING_KEYS='?(\{.*\})'?$/m.exec(project.read('.dev.vars'))?.[1] ?? '{}').keys
  const key = keys.find(({ kty }: { kty: string }) => kty === 'EC')
  const now = Math.floor(Date.now() / 1000)
  const all = {
    iss: kith.origin,
    aud: RESOURCE,
    sub: 'x',
    client_id: 'shop',
    scope: 'orders:read',
    jti: 'x',
    iat: now,
    exp: now + 60,
    ...claims,
  }
  return await new SignJWT(all)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(await importJWK(key, 'ES256'))
}

async function call(server: string, method: 'GET' | 'POST' | 'DELETE', token?: string) {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const reply = await fetch(`${servers[server]?.origin}/orders`, { method, headers })
  return { status: reply.status, challenge: reply.headers.get('www-authenticate'), body: await reply.json() }
}

const refused = (error: string, more = '') => `Bearer resource_metadata="${METADATA}", error="${error}"${more}`

test('the code in the guide is that of the examples', () => {
  const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim()
  const paths = ['api-node/server.ts', 'api-worker/worker.ts']
  const examples = paths.map((path) => squeeze(readFileSync(join(ROOT, 'examples', path), 'utf8'))).join('\n')
  const blocks = [...readFileSync(join(ROOT, 'docs/apis.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) =>
    squeeze(code),
  )
  expect(blocks.length).toBeGreaterThan(3)
  expect(blocks.filter((block) => !examples.includes(block))).toEqual([])
})

describe.each(EXAMPLES)('the example in examples/api-%s', (server) => {
  test('accepts a token for it, and refuses what its scope does not cover', async () => {
    const token = await ownToken('nightly')
    expect(await call(server, 'GET', token)).toMatchObject({ status: 200, body: { ordersOf: 'nightly' } })
    const challenge = refused('insufficient_scope', ', scope="orders:write"')
    expect(await call(server, 'POST', token)).toMatchObject({ status: 403, challenge })
  })

  test('tells a client without a token where to get one, for which scope, in a document that says whose it is', async () => {
    expect(await call(server, 'GET')).toMatchObject({
      status: 401,
      challenge: `Bearer resource_metadata="${METADATA}", scope="orders:read"`,
    })
    const reply = await fetch(servers[server]?.origin + new URL(METADATA).pathname)
    expect(await reply.json()).toEqual({
      resource: RESOURCE,
      authorization_servers: [kith.origin],
      scopes_supported: ['orders:read', 'orders:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: PROOFS,
    })
  })

  test.each<[string, () => Promise<string>]>([
    ["Kith's own", async () => (await ownDemoToken()) ?? ''],
    ['another API', () => signed({ aud: 'https://stock.example.com/' })],
    ['the same origin and another path', () => signed({ aud: `${RESOURCE}v2` })],
    ['it, from another issuer', () => signed({ iss: 'https://evil.example' })],
    ['it, expired, by more than clocks differ', () => signed({ exp: Math.floor(Date.now() / 1000) - 31 })],
    ['it, an ID token', () => signed({}, { typ: 'JWT' })],
    ['it, bound to a key that does not prove itself', () => signed({ cnf: { jkt: 'x' } })],
    ['it, with a signature of somebody else', async () => `${(await signed({})).slice(0, -8)}AAAAAAAA`],
    ['nothing', async () => 'orders'],
  ])('refuses a token for %s', async (_what, token) => {
    expect(await call(server, 'GET', await token())).toMatchObject({
      status: 401,
      challenge: expect.stringContaining(refused('invalid_token')),
    })
  })

  test('accepts what the token of that test would be without its fault', async () => {
    expect(await call(server, 'GET', await signed({}))).toMatchObject({ status: 200, body: { ordersOf: 'x' } })
  })
})

test('the examples accept a token that is bound to a key with a proof for the URL that the client calls, once', async () => {
  const key = await openid.randomDPoPKeyPair()
  const { config } = await shop()
  const DPoP = openid.getDPoPHandle(config, key)
  const { tokens } = await shop({ DPoP })
  for (const server of EXAMPLES) {
    // The library signs the public URL, and the request goes to where the example listens.
    const seen: Headers[] = []
    config[openid.customFetch] = async (url, init) => {
      seen.push(new Headers(init.headers as HeadersInit))
      return await fetch(String(url).replace('https://orders.example.com', servers[server]?.origin ?? ''), init as RequestInit)
    }
    const reply = await openid.fetchProtectedResource(config, tokens.access_token, new URL(`${RESOURCE}orders`), 'GET', null, undefined, {
      DPoP,
    })
    expect(reply.status).toBe(200)
    const replayed = await fetch(`${servers[server]?.origin}/orders`, { headers: seen.at(-1) ?? {} })
    expect(replayed.status).toBe(401)
    expect(replayed.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_token".*algs="ES256 /)
    expect(await call(server, 'GET', tokens.access_token)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining(refused('invalid_token')),
    })
  }
})

test('the examples ask for a second step where it matters', async () => {
  const { tokens } = await shop()
  const challenge = refused('insufficient_user_authentication', ', acr_values="urn:kith:acr:2fa", max_age="600"')
  for (const server of EXAMPLES) expect(await call(server, 'DELETE', tokens.access_token)).toMatchObject({ status: 401, challenge })
})

test('the examples let pages of the app call them, and read the challenges', async () => {
  const headers = {
    origin: 'http://localhost:5173',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization,dpop',
  }
  for (const server of EXAMPLES) {
    const asked = await fetch(`${servers[server]?.origin}/orders`, { method: 'OPTIONS', headers })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization')
    const reply = await fetch(`${servers[server]?.origin}/orders`, { headers: { origin: headers.origin } })
    expect(reply.headers.get('access-control-allow-origin')).toBe(headers.origin)
    expect(reply.headers.get('access-control-expose-headers')).toMatch(/www-authenticate/i)
  }
})

test('the example in Node asks Kith as a service who ordered', async () => {
  const recipient = async (token: string) => {
    const reply = await fetch(`${servers.node?.origin}/orders/recipient`, { headers: { authorization: `Bearer ${token}` } })
    return [reply.status, await reply.json().catch(() => null)]
  }
  const { tokens } = await shop()
  expect(await recipient(tokens.access_token)).toEqual([200, { recipient: 'alice_demo' }])
  expect(await recipient(await ownToken('nightly'))).toEqual([200, { recipient: null }])
})

test('the examples know of a revocation at once where they ask Kith, and at the expiry of the token elsewhere', async () => {
  const { config, tokens } = await shop()
  const ordersOf = project.demo().users.alice_demo.id
  for (const server of EXAMPLES) {
    expect(await call(server, 'GET', tokens.access_token)).toMatchObject({ status: 200, body: { ordersOf } })
    expect(await call(server, 'POST', tokens.access_token)).toMatchObject({ status: 200, body: { orderedFor: ordersOf, by: 'shop' } })
  }
  await openid.tokenRevocation(config, tokens.refresh_token ?? '')
  for (const server of EXAMPLES) {
    expect(await call(server, 'POST', tokens.access_token)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining(refused('invalid_token')),
    })
    expect((await call(server, 'GET', tokens.access_token)).status).toBe(200)
  }
})

test('and that the API was disabled, and enabled again', async () => {
  const { tokens } = await shop()
  const statuses = async () => await Promise.all(EXAMPLES.map(async (server) => (await call(server, 'POST', tokens.access_token)).status))
  expect((await operator('api', 'disable', RESOURCE)).code).toBe(0)
  expect(await statuses()).toEqual([401, 401])
  expect(await ownToken('nightly')).toBeUndefined()
  expect((await operator('api', 'enable', RESOURCE)).code).toBe(0)
  expect(await statuses()).toEqual([200, 200])
})

async function ownDemoToken(): Promise<string | undefined> {
  const { client_id, client_secret } = project.demo().clients['demo-service']
  const authorization = `Basic ${btoa(`${client_id}:${client_secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const reply = await fetch(`${kith.origin}/oauth/token`, { method: 'POST', headers: { authorization }, body })
  return ((await reply.json()) as { access_token?: string }).access_token
}

/** Alice signs in to the shop, which gets a token for the orders. */
async function shop(options: openid.DPoPOptions = {}) {
  const config = await openid.discovery(new URL(kith.origin), 'shop', undefined, openid.None(), { execute: [openid.allowInsecureRequests] })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'https://shop.example.com/callback',
    scope: 'openid orders:read orders:write',
    resource: RESOURCE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const headers = { cookie: await kith.cookieOf('alice_demo') }
  const answer = await fetch(url, { headers, redirect: 'manual' })
  const tokens = await openid.authorizationCodeGrant(
    config,
    new URL(answer.headers.get('location') ?? '', kith.origin),
    {
      pkceCodeVerifier,
      idTokenExpected: true,
    },
    undefined,
    options,
  )
  return { config, tokens }
}

test('npm run operator -- api: registers, changes and ends APIs by the rules of the API', async () => {
  const api = (...args: string[]) => operator('api', ...args)
  const depot = 'https://depot.example.com/'
  const wrong: [string[], string][] = [
    [[], 'api needs a command'],
    [['create', 'depot'], 'resource: "depot" must be an https URI'],
    [['create', depot], 'needs --name'],
    [['create', depot, '--name', 'Depot', '--scope', 'openid Who you are'], '--scope: '],
    [['create', depot, '--name', 'Depot', '--server-client', 'demo-spa'], '--server-client: must be a client with a secret or keys'],
    [['create', depot, '--name', 'Depot', '--scope', 'depot'], '--scope: "depot" needs words for people'],
    [['create', kith.origin, '--name', 'Kith'], "must not be at Kith's own origin"],
    [['create', RESOURCE, '--name', 'Orders'], 'An API is registered as https://orders.example.com/ already'],
    [['update', RESOURCE], 'needs the fields'],
    [['show', 'https://nobody.example/'], 'No API is registered as https://nobody.example/'],
    [['frobnicate', RESOURCE], 'Unknown command: api frobnicate'],
  ]
  for (const [args, text] of wrong)
    expect(await api(...args), args.join(' ')).toMatchObject({ code: 1, output: expect.stringContaining(text) })
  const made = await api('create', depot, '--name', "It's a depot", '--scope', 'depot:read See what is there', '--claim', 'role')
  expect(made.output).toMatch(
    /resource +https:\/\/depot\.example\.com\/\nname +It's a depot\nscope +depot:read: See what is there\nclaims +role\n/,
  )
  const fields = ['--open-to-all', '--access-token-seconds', '120', '--server-client', 'orders-api', '--claim', 'none']
  expect((await api('update', depot, ...fields)).output).toMatch(
    /claims +none\naccess_token_seconds +120\nopen_to_all +true\nserver_client_id +orders-api\n/,
  )
  expect((await api('update', depot, ...fields)).output).toContain('nothing was changed')
  const cleared = await api('update', depot, '--no-open-to-all', '--access-token-seconds', 'none', '--server-client', 'none')
  expect(cleared.output).toMatch(/access_token_seconds +the client's\nopen_to_all +false\nserver_client_id +none\n/)
  expect((await api('disable', depot.slice(0, -1))).output).toMatch(/disabled +true/)
  expect((await api('show', depot.slice(0, -1))).output).toMatch(/^resource +https:\/\/depot\.example\.com\/$/m)
  expect((await api('list')).output).toMatch(/depot\.example\.com.*\(disabled\)\n[\s\S]*orders\.example\.com/)

  const unknown = await operator('client', 'update', 'nightly', '--api', `${depot} depot:burn`)
  expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining(`--api: ${depot} has no scope depot:burn`) })
  const both = await operator('client', 'update', 'nightly', '--api', `${RESOURCE} orders:read`, '--api', depot.slice(0, -1))
  expect(both.output).toMatch(/^api_scopes +https:\/\/orders\.example\.com\/ orders:read; https:\/\/depot\.example\.com\/$/m)
  // Only what is set.
  expect(both.output).not.toMatch(/^backchannel_logout_uri|^first_party|^disabled/m)
  const nothing = await operator('client', 'update', 'nightly', '--api', 'none')
  expect(nothing).toMatchObject({
    code: 1,
    output: expect.stringContaining('--scope: client_credentials requires a client: scope, or an API'),
  })
  expect((await api('delete', depot)).output).toContain('is deleted')
  expect((await api('show', depot)).code).toBe(1)
})
